import { describe, expect, test } from 'vitest';
import { lumaRoundingVariance } from '../../../src/evaluation/measures/pixel-image.js';
import { bandDetail, detailBands } from '../../../src/evaluation/measures/sharpness/bands.js';
import { type Rings, ringsOf, spectralSlope } from '../../../src/evaluation/measures/sharpness/rings.js';
import { forEachFrequency, type Spectrum, spectrumOf } from '../../../src/evaluation/measures/sharpness/spectrum.js';
import { normals } from '../../../src/random.js';
import { planeOf } from '../pictures.js';

const handMade: Rings = {
  cyclesPerPx: Float64Array.of(0, 0.0625, 0.125, 0.25, 0.6),
  frequencies: Float64Array.of(0, 4, 8, 12, 16),
  originalEnergy: Float64Array.of(0, 10, 20, 0, 30),
  reconstructionEnergy: Float64Array.of(0, 5, 8, 7, 9),
  crossEnergy: Float64Array.of(0, -3, 10, 0, 12),
  errorEnergy: Float64Array.of(0, 1, 2, 3, 4),
};
const [coarse, medium, fine] = detailBands as [
  (typeof detailBands)[0],
  (typeof detailBands)[0],
  (typeof detailBands)[0],
];

describe('bands', () => {
  test('are the three octaves up to the finest wave, of 2 px, and the corners', () => {
    expect(detailBands.map(({ from, to }) => [from, to])).toEqual([
      [0.0625, 0.125],
      [0.125, 0.25],
      [0.25, Number.POSITIVE_INFINITY],
    ]);
    for (const { from, to, wavelengthsPx } of detailBands)
      expect(wavelengthsPx).toEqual([1 / Math.min(to, 0.5), 1 / from]);
  });

  test('add up their rings, the first of each included: what follows the original with the same sign is kept', () => {
    const close = (band: typeof coarse, wanted: Record<string, number>) => {
      for (const [key, value] of Object.entries(bandDetail(handMade, band)))
        expect(value, key).toBeCloseTo(wanted[key]!, 12);
    };
    close(coarse, { energyRatio: 0.5, kept: 0, invented: 0.5, coherence: 0, errorRatio: 0.1 });
    close(medium, { energyRatio: 0.4, kept: 0.25, invented: 0.15, coherence: 5 / 8, errorRatio: 0.1 });
    close(fine, {
      energyRatio: 16 / 30,
      kept: 144 / 30 / 30,
      invented: (16 - 144 / 30) / 30,
      coherence: 144 / 30 / 16,
      errorRatio: 7 / 30,
    });
  });

  test('have no figures below four times their share of rounding, and coherence is of no less than that share', () => {
    // 8 of 40 frequencies.
    const rounding = lumaRoundingVariance / 5;
    const faint = (original: number) => ({
      ...handMade,
      originalEnergy: Float64Array.of(0, 10, original, 0, 30),
      reconstructionEnergy: Float64Array.of(0, 5, rounding / 2, 7, 9),
      crossEnergy: Float64Array.of(0, 0, rounding, 0, 12),
    });
    expect(Object.values(bandDetail(faint(3.99 * rounding), medium)).every(Number.isNaN)).toBe(true);
    // Kept: rounding² / (5 rounding).
    expect(bandDetail(faint(5 * rounding), medium).coherence).toBeCloseTo(1 / 5, 10);
  });
});

describe('spectra', () => {
  test('are padded to powers of two, at least 2', () => {
    const paddedOf = (width: number, height: number) => {
      const { paddedWidth, paddedHeight } = spectrumOf(planeOf(width, height, (column, row) => column * row));
      return [paddedWidth, paddedHeight];
    };
    expect([paddedOf(1, 2), paddedOf(3, 4), paddedOf(5, 8)]).toEqual([
      [2, 2],
      [4, 4],
      [8, 8],
    ]);
  });

  test('hold each frequency of the whole plane once or twice: those of no horizontal one, and of the highest, mirror themselves', () => {
    const visits: [number, number, number][] = [];
    forEachFrequency(spectrumOf(planeOf(8, 2, (column) => column)), (...visit) => visits.push(visit));
    const half = Math.hypot(0.5, 0.125);
    expect(visits).toEqual([
      [0, 0, 1],
      [1, 0.125, 2],
      [2, 0.25, 2],
      [3, 0.375, 2],
      [4, 0.5, 1],
      [5, 0.5, 1],
      [6, half, 2],
      [7, Math.hypot(0.5, 0.25), 2],
      [8, Math.hypot(0.5, 0.375), 2],
      [9, Math.hypot(0.5, 0.5), 1],
    ]);
  });
});

describe('rings', () => {
  /** The coefficient at any whole frequencies, from those with non-negative horizontal ones. */
  const coefficient = ({ real, imaginary, paddedHeight, paddedWidth }: Spectrum, u: number, v: number) => {
    const mirrored = u < 0;
    const [column, row] = mirrored ? [-u, -v] : [u, v];
    const at = ((row + paddedHeight) % paddedHeight) * (paddedWidth / 2 + 1) + column;
    return { re: real[at]!, im: mirrored ? -imaginary[at]! : imaginary[at]! };
  };

  test('hold every frequency of the whole plane once, the nearest to r / (short side) cycles/px; that of the mean is empty', () => {
    const [width, height] = [30, 9];
    const draws = normals(2 * width * height, 'rings');
    const [x, y] = [0, 1].map((which) =>
      spectrumOf(planeOf(width, height, (column, row) => 50 * draws[which * width * height + row * width + column]!)),
    ) as [Spectrum, Spectrum];
    const [padded, count] = [{ width: 32, height: 16 }, 7];
    const empty = () => new Float64Array(count);
    const wanted = { frequencies: empty(), original: empty(), reconstruction: empty(), cross: empty(), error: empty() };
    for (let u = 1 - padded.width / 2; u <= padded.width / 2; u++) {
      for (let v = 1 - padded.height / 2; v <= padded.height / 2; v++) {
        const ring = Math.round(Math.hypot(u / padded.width, v / padded.height) * height);
        if (ring === 0) continue;
        const [a, b] = [coefficient(x, u, v), coefficient(y, u, v)];
        wanted.frequencies[ring]! += 1;
        wanted.original[ring]! += a.re ** 2 + a.im ** 2;
        wanted.reconstruction[ring]! += b.re ** 2 + b.im ** 2;
        wanted.cross[ring]! += a.re * b.re + a.im * b.im;
        wanted.error[ring]! += (a.re - b.re) ** 2 + (a.im - b.im) ** 2;
      }
    }
    const rings = ringsOf(x, y);
    const close = (got: Float64Array, expected: Float64Array) => {
      expect(got.length).toBe(count);
      for (const [ring, value] of expected.entries()) expect(got[ring]).toBeCloseTo(value, 10);
    };
    close(
      rings.cyclesPerPx,
      Float64Array.from({ length: count }, (_, ring) => ring / height),
    );
    close(rings.frequencies, wanted.frequencies);
    close(rings.originalEnergy, wanted.original);
    close(rings.reconstructionEnergy, wanted.reconstruction);
    close(rings.crossEnergy, wanted.cross);
    close(rings.errorEnergy, wanted.error);
  });
});

test('the spectral slope is that of weighted least squares over rings 2 … 0.5 cycles/px, each by 1 / ring', () => {
  const cyclesPerPx = Float64Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
  const frequencies = Float64Array.of(0, 5, 10, 20, 25, 30, 10);
  const energy = Float64Array.of(0, 99, 40, 50, 0, 3, 77);
  const points = [2, 3, 4, 5].map((ring) => {
    // Less than rounding makes is as good as that.
    const density = ring === 4 ? lumaRoundingVariance / 100 : energy[ring]! / frequencies[ring]!;
    return { x: Math.log(cyclesPerPx[ring]!), y: Math.log(density), weight: 1 / ring };
  });
  const mean = (of: (point: (typeof points)[0]) => number) =>
    points.reduce((sum, point) => sum + point.weight * of(point), 0) /
    points.reduce((sum, { weight }) => sum + weight, 0);
  const [xMean, yMean] = [mean(({ x }) => x), mean(({ y }) => y)];
  const wanted = mean(({ x, y }) => (x - xMean) * (y - yMean)) / mean(({ x }) => (x - xMean) ** 2);
  expect(spectralSlope({ ...handMade, cyclesPerPx, frequencies }, energy)).toBeCloseTo(wanted, 10);
});
