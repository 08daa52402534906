import { lumaRoundingVariance } from '../pixel-image.js';
import type { Rings } from './rings.js';
import { detailRatio } from './sharpness.js';

/** A band of frequencies. */
export interface Band {
  readonly name: 'coarse' | 'medium' | 'fine';
  /** Radial frequency in cycles/px, `from` included, `to` not. */
  readonly from: number;
  readonly to: number;
  /** Sizes of the detail it holds: its wavelengths in px. */
  readonly wavelengthsPx: readonly [number, number];
}

/** The three finest octaves. The last one also holds the corners of the frequency plane. */
export const detailBands: readonly Band[] = [
  { name: 'coarse', from: 1 / 16, to: 1 / 8, wavelengthsPx: [8, 16] },
  { name: 'medium', from: 1 / 8, to: 1 / 4, wavelengthsPx: [4, 8] },
  { name: 'fine', from: 1 / 4, to: Number.POSITIVE_INFINITY, wavelengthsPx: [2, 4] },
];

/** What became of an original's detail in one band; all but `coherence` in units of the original's energy there. */
export interface BandDetail {
  /** Energy of the reconstruction: 1 = as much detail as the original, `kept` + `invented`. */
  readonly energyRatio: number;
  /** Energy that follows the original, up to one gain per frequency ring: detail that was kept. */
  readonly kept: number;
  /** Energy unrelated to the original: invented texture and noise. */
  readonly invented: number;
  /** Share of the reconstruction's energy that follows the original: 1 for any blur of it, 0 for unrelated noise. */
  readonly coherence: number;
  /** Energy of the difference: 0 = identical, 1 = as wrong as leaving the band out. */
  readonly errorRatio: number;
}

/**
 * Splits the reconstruction's energy in a band into kept and invented detail, by the coherence of each ring
 * (Re Sxy)² / (Sxx · Syy), counting only positive correlation. NaN where the original holds no detail in the band
 * beyond the effect of 8-bit rounding.
 */
export function bandDetail(rings: Rings, band: Band): BandDetail {
  const sums = { frequencies: 0, original: 0, reconstruction: 0, kept: 0, error: 0 };
  for (let ring = 1; ring < rings.cyclesPerPx.length; ring++) {
    const frequency = rings.cyclesPerPx[ring]!;
    if (frequency < band.from || frequency >= band.to) continue;
    const original = rings.originalEnergy[ring]!;
    sums.frequencies += rings.frequencies[ring]!;
    sums.original += original;
    sums.reconstruction += rings.reconstructionEnergy[ring]!;
    sums.error += rings.errorEnergy[ring]!;
    if (original > 0) sums.kept += Math.max(0, rings.crossEnergy[ring]!) ** 2 / original;
  }
  const allFrequencies = rings.frequencies.reduce((sum, count) => sum + count, 0);
  const rounding = (lumaRoundingVariance * sums.frequencies) / allFrequencies;
  const ratio = (energy: number) => detailRatio(sums.original, energy, rounding);
  // Where next to nothing is left, the share of it that happens to fit says nothing.
  const coherence = sums.kept / Math.max(sums.reconstruction, rounding);
  return {
    energyRatio: ratio(sums.reconstruction),
    kept: ratio(sums.kept),
    invented: ratio(sums.reconstruction - sums.kept),
    coherence: Number.isNaN(ratio(0)) ? Number.NaN : coherence,
    errorRatio: ratio(sums.error),
  };
}
