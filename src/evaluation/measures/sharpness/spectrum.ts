import FFT from 'fft.js';
import type { Plane } from '../pixel-image.js';

/**
 * The Fourier transform of a plane that was made zero-mean, faded out at its borders (Hann window) and padded with
 * zeros to powers of two. Scaled so that squared magnitudes over the whole frequency plane sum to the plane's
 * variance under the window, in squared grey levels. Only non-negative horizontal frequencies are kept; the rest
 * mirrors them.
 */
export interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  /** Vertical and horizontal size of the padded plane; each row of the transform has paddedWidth / 2 + 1 values. */
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  /** Side in px that limits how finely frequencies can be told apart. */
  readonly shortSide: number;
}

export function spectrumOf({ values, width, height }: Plane): Spectrum {
  const [across, down] = [hannWindow(width), hannWindow(height)];
  const weight = (at: number) => across[at % width]! * down[Math.floor(at / width)]!;
  let [weights, squaredWeights, weighted] = [0, 0, 0];
  for (let at = 0; at < values.length; at++) {
    weights += weight(at);
    squaredWeights += weight(at) ** 2;
    weighted += weight(at) * values[at]!;
  }
  const mean = weighted / weights;
  const [paddedWidth, paddedHeight] = [powerOfTwo(width), powerOfTwo(height)];
  const scale = 1 / Math.sqrt(squaredWeights * paddedWidth * paddedHeight);
  const faded = values.map((value, at) => (value - mean) * weight(at) * scale);
  return { ...transform(faded, width, paddedWidth, paddedHeight), shortSide: Math.min(width, height) };
}

function transform(values: Float64Array, width: number, paddedWidth: number, paddedHeight: number) {
  const columns = paddedWidth / 2 + 1;
  const real = new Float64Array(columns * paddedHeight);
  const imaginary = new Float64Array(columns * paddedHeight);
  const rowTransform = new FFT(paddedWidth);
  const row = new Array<number>(paddedWidth).fill(0);
  const rowSpectrum = rowTransform.createComplexArray();
  for (let y = 0; y * width < values.length; y++) {
    for (let x = 0; x < width; x++) row[x] = values[y * width + x]!;
    rowTransform.realTransform(rowSpectrum, row);
    for (let column = 0; column < columns; column++) {
      real[y * columns + column] = rowSpectrum[2 * column]!;
      imaginary[y * columns + column] = rowSpectrum[2 * column + 1]!;
    }
  }
  const columnTransform = new FFT(paddedHeight);
  const column = columnTransform.createComplexArray();
  const columnSpectrum = columnTransform.createComplexArray();
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < paddedHeight; y++) {
      column[2 * y] = real[y * columns + x]!;
      column[2 * y + 1] = imaginary[y * columns + x]!;
    }
    columnTransform.transform(columnSpectrum, column);
    for (let y = 0; y < paddedHeight; y++) {
      real[y * columns + x] = columnSpectrum[2 * y]!;
      imaginary[y * columns + x] = columnSpectrum[2 * y + 1]!;
    }
  }
  return { real, imaginary, paddedHeight, paddedWidth };
}

/** Visits each kept coefficient with its radial frequency in cycles/px and how often the whole plane holds it. */
export function forEachFrequency(
  { paddedWidth, paddedHeight }: Spectrum,
  visit: (at: number, cyclesPerPx: number, multiplicity: 1 | 2) => void,
): void {
  const columns = paddedWidth / 2 + 1;
  for (let y = 0; y < paddedHeight; y++) {
    const vertical = Math.min(y, paddedHeight - y) / paddedHeight;
    for (let x = 0; x < columns; x++) {
      const own = x === 0 || x === columns - 1;
      visit(y * columns + x, Math.hypot(vertical, x / paddedWidth), own ? 1 : 2);
    }
  }
}

function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => Math.sin((Math.PI * (at + 0.5)) / length) ** 2);
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.max(1, Math.ceil(Math.log2(atLeast)));
}
