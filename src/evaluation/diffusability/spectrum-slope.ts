/** How quickly the power of latents falls with frequency. */
import type { LatentSet } from './latent-set.js';

const smallestSide = 4;

/**
 * Slope of log power over log frequency, by least squares over the frequencies 1, 2, … min(h, w) - 1 of an orthonormal DCT-II
 * (Skorokhodov et al., arXiv 2502.14831, section 3.1, who show such profiles): diffusion makes low frequencies first and is
 * helped by latents whose high ones are weak. The power at a frequency is the mean over all coefficients whose distance from
 * (0, 0) rounds to it, the longer axis of oblong grids shrunk to the shorter. Undefined below 4×4.
 */
export function spectrumSlope({ latents, shape: [height, width, channels] }: LatentSet): number | undefined {
  const side = Math.min(height, width);
  if (side < smallestSide) return undefined;
  const power = powerOf(latents, [height, width, channels]);
  const [sums, counts] = [new Float64Array(side), new Float64Array(side)];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      const ring = Math.round(Math.hypot((u * side) / height, (v * side) / width));
      if (ring >= side) continue;
      sums[ring]! += power[u * width + v]!;
      counts[ring]!++;
    }
  }
  const points = Array.from({ length: side - 1 }, (_, index) => {
    return [Math.log(index + 1), Math.log(sums[index + 1]! / counts[index + 1]!)] as const;
  }).filter(([, y]) => Number.isFinite(y));
  return points.length < 2 ? undefined : leastSquaresSlope(points);
}

/** Mean over images and channels of the squared coefficients, [h, w]. */
function powerOf(latents: Float32Array, [height, width, channels]: LatentSet['shape']): Float64Array {
  const [rows, columns] = [dctMatrix(height), dctMatrix(width)];
  const grids = latents.length / (height * width * channels);
  const power = new Float64Array(height * width);
  const half = new Float64Array(height * width);
  for (let image = 0; image < grids; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const at = (y: number, x: number) => latents[((image * height + y) * width + x) * channels + channel]!;
      for (let y = 0; y < height; y++) {
        for (let v = 0; v < width; v++) {
          let sum = 0;
          for (let x = 0; x < width; x++) sum += columns[v * width + x]! * at(y, x);
          half[y * width + v] = sum;
        }
      }
      for (let u = 0; u < height; u++) {
        for (let v = 0; v < width; v++) {
          let sum = 0;
          for (let y = 0; y < height; y++) sum += rows[u * height + y]! * half[y * width + v]!;
          power[u * width + v]! += sum ** 2 / (grids * channels);
        }
      }
    }
  }
  return power;
}

/** Orthonormal DCT-II, [frequency, position]. */
export function dctMatrix(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [frequency, position] = [Math.floor(at / size), at % size];
    const scale = Math.sqrt((frequency === 0 ? 1 : 2) / size);
    return scale * Math.cos((Math.PI * frequency * (2 * position + 1)) / (2 * size));
  });
}

function leastSquaresSlope(points: readonly (readonly [number, number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const [covariance, variance] = points.reduce(([xy, xx], [a, b]) => [xy + (a - x) * (b - y), xx + (a - x) ** 2], [
    0, 0,
  ] as [number, number]);
  return covariance / variance;
}
