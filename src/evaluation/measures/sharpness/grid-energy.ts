import type { Plane } from '../pixel-image.js';

/**
 * How unevenly a picture's gradient energy lies on the phases of a grid of `period` px, across and down: the standard deviation
 * of the mean squared difference of neighbours at each phase over their mean, averaged over both directions. Near 0 without a
 * grid; sqrt(period - 1) for flat squares of that side. Sub-pixel convolutions are known to leave such grids (Odena et al.,
 * Deconvolution and Checkerboard Artifacts, Distill 2016). NaN for a picture of one colour.
 *
 * @param period 2 px or more
 */
export function gridEnergy(plane: Plane, period: number): number {
  const { width, height } = plane;
  const across = phaseEnergies(plane, period, width - 1, height, 1, width);
  const down = phaseEnergies(plane, period, height - 1, width, width, 1);
  return (variation(across) + variation(down)) / 2;
}

/** Mean squared difference of neighbours by phase along one direction. */
function phaseEnergies(
  { values }: Plane,
  period: number,
  along: number,
  lines: number,
  step: number,
  lineStep: number,
) {
  // Whole periods alone, so that every phase has as many differences.
  const length = along - (along % period);
  const energies = new Float64Array(period);
  for (let line = 0; line < lines; line++) {
    for (let position = 0, at = line * lineStep; position < length; position++, at += step) {
      energies[position % period]! += (values[at + step]! - values[at]!) ** 2;
    }
  }
  return energies;
}

function variation(energies: Float64Array): number {
  const mean = energies.reduce((sum, energy) => sum + energy, 0) / energies.length;
  const variance = energies.reduce((sum, energy) => sum + (energy - mean) ** 2, 0) / energies.length;
  return Math.sqrt(variance) / mean;
}
