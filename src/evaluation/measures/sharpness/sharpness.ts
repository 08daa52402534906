import { lumaRoundingVariance, type Plane } from '../pixel-image.js';

/** Mean squared difference between neighbours, across plus down, in squared grey levels. */
export function gradientEnergy({ values, width, height }: Plane): number {
  let across = 0;
  let down = 0;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (column + 1 < width) across += (values[at + 1]! - values[at]!) ** 2;
      if (row + 1 < height) down += (values[at + width]! - values[at]!) ** 2;
    }
  }
  return across / Math.max(1, (width - 1) * height) + down / Math.max(1, width * (height - 1));
}

/** Variance of the Laplacian (four neighbours minus four times the pixel) inside the border, in squared grey levels. */
export function laplacianVariance({ values, width, height }: Plane): number {
  let sum = 0;
  let squares = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      const neighbours = values[at - 1]! + values[at + 1]! + values[at - width]! + values[at + width]!;
      const laplacian = neighbours - 4 * values[at]!;
      sum += laplacian;
      squares += laplacian ** 2;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return squares / count - (sum / count) ** 2;
}

/** What rounding to 8 bits alone makes of each measure: its filter's squared weights times the rounding variance. */
export const roundingGradientEnergy = 4 * lumaRoundingVariance;
export const roundingLaplacianVariance = 20 * lumaRoundingVariance;

/** Below this many times what rounding makes, an original holds no detail that a reconstruction could lose. */
const detailThreshold = 4;

/** `reconstruction` / `original`, or NaN where the original's detail cannot be told from 8-bit rounding. */
export function detailRatio(original: number, reconstruction: number, rounding: number): number {
  return original >= detailThreshold * rounding ? reconstruction / original : Number.NaN;
}
