import { gaussianBlur } from '../gaussian.js';
import type { Plane } from '../pixel-image.js';
import { gradientEnergy, roundingGradientEnergy } from './sharpness.js';

/** How the gradient energy of one original, its border left out, falls under Gaussian blurs of growing sigma. */
export interface BlurCurve {
  readonly sigmaPx: readonly number[];
  readonly gradientEnergy: readonly number[];
}

/** The strongest blur that is told from a stronger one. */
export const largestSigmaPx = 8;

/** From 0 up, each 12 % above the last: fine enough to interpolate between to better than 1 %. */
const calibrationSigmasPx = [0];
for (let sigma = 0.25; sigma < largestSigmaPx; sigma *= 1.12) calibrationSigmasPx.push(sigma);
calibrationSigmasPx.push(largestSigmaPx);

export function blurCurve(original: Plane): BlurCurve {
  return {
    sigmaPx: calibrationSigmasPx,
    gradientEnergy: calibrationSigmasPx.map((sigma) => innerGradientEnergy(gaussianBlur(original, sigma))),
  };
}

/** Leaves out a border of 4 px, where the result would depend on how a picture is thought to go on outside. */
function innerGradientEnergy({ values, width, height }: Plane): number {
  const border = Math.min(4, Math.floor(Math.min(width, height) / 4));
  const [innerWidth, innerHeight] = [width - 2 * border, height - 2 * border];
  const inner = new Float64Array(innerWidth * innerHeight);
  for (let row = 0; row < innerHeight; row++) {
    const start = (row + border) * width + border;
    inner.set(values.subarray(start, start + innerWidth), row * innerWidth);
  }
  return gradientEnergy({ values: inner, width: innerWidth, height: innerHeight });
}

/**
 * Sigma of the Gaussian whose blur leaves the original with the reconstruction's gradient energy: "as blurry as a
 * Gaussian of sigma px". 0 where the reconstruction is as sharp as the original or sharper, `largestSigmaPx` where it
 * is blurrier than any blur tried. The share of the energy that rounding to 8 bits adds is taken off first.
 */
export function blurSigmaPx({ sigmaPx, gradientEnergy: energy }: BlurCurve, reconstruction: Plane): number {
  const found = innerGradientEnergy(reconstruction);
  if (found >= energy[0]!) return 0;
  const wanted = found - roundingGradientEnergy;
  const next = energy.findIndex((value) => value <= wanted);
  if (next === -1) return largestSigmaPx;
  const [above, below] = [Math.log(energy[next - 1]!), Math.log(energy[next]!)];
  const fraction = (above - Math.log(wanted)) / (above - below);
  return sigmaPx[next - 1]! + fraction * (sigmaPx[next]! - sigmaPx[next - 1]!);
}
