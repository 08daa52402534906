/** Everything that is measured about one reconstruction, and what each figure means to a reader. */

import { lumaPlane, type PixelImage } from './pixel-image.js';
import { largestFinitePsnrDb, psnrDb } from './psnr.js';
import { type Band, type BandDetail, bandDetail, detailBands } from './sharpness/bands.js';
import { type BlurCurve, blurCurve, blurSigmaPx } from './sharpness/blur-calibration.js';
import { type Rings, ringsOf, spectralSlope } from './sharpness/rings.js';
import {
  detailRatio,
  gradientEnergy,
  laplacianVariance,
  roundingGradientEnergy,
  roundingLaplacianVariance,
} from './sharpness/sharpness.js';
import { type Spectrum, spectrumOf } from './sharpness/spectrum.js';
import { ssim } from './ssim.js';

/** The name of a measure of one band of frequencies. */
export type BandMeasureName = `${Band['name']}${Capitalize<keyof BandDetail>}`;
/** The name of a measure of one reconstruction. */
export type MeasureName =
  | 'psnrDb'
  | 'ssim'
  | 'gradientEnergyRatio'
  | 'laplacianVarianceRatio'
  | 'blurSigmaPx'
  | 'spectralSlopeDifference'
  | BandMeasureName;
/** All measures of one reconstruction. */
export type Measures = Record<MeasureName, number>;

/** What trained networks see, where their weights are there: per image, and of all images together. */
export type FeatureMeasureName = 'perceptualDistance' | 'frechetDistance';

/** What is known of an original before any reconstruction is looked at. */
export interface MeasuredOriginal {
  readonly image: PixelImage;
  readonly gradientEnergy: number;
  readonly laplacianVariance: number;
  readonly blurCurve: BlurCurve;
  readonly spectrum: Spectrum;
}

/** What is measured of one reconstruction. */
export interface MeasuredReconstruction {
  /** NaN where the original holds no detail to compare with. */
  readonly measures: Measures;
  /** Mean power per frequency on each ring, of the original and of the reconstruction, in squared grey levels. */
  readonly originalPower: Float64Array;
  readonly reconstructionPower: Float64Array;
}

/** What the measures of reconstructions need of their original, computed once. */
export function measureOriginal(image: PixelImage): MeasuredOriginal {
  const luma = lumaPlane(image);
  return {
    image,
    gradientEnergy: gradientEnergy(luma),
    laplacianVariance: laplacianVariance(luma),
    blurCurve: blurCurve(luma),
    spectrum: spectrumOf(luma),
  };
}

/** Sharpness and spectra are those of luma; identical pictures get the PSNR of one value off by one, not infinity. */
export function measureReconstruction(original: MeasuredOriginal, image: PixelImage): MeasuredReconstruction {
  const similarity = ssim(original.image, image);
  const luma = lumaPlane(image);
  const rings = ringsOf(original.spectrum, spectrumOf(luma));
  const ratio = detailRatio(original.gradientEnergy, gradientEnergy(luma), roundingGradientEnergy);
  const density = (energy: Float64Array) => energy.map((value, ring) => value / Math.max(1, rings.frequencies[ring]!));
  const steepening = spectralSlope(rings, rings.reconstructionEnergy) - spectralSlope(rings, rings.originalEnergy);
  const measures: Measures = {
    psnrDb: Math.min(psnrDb(original.image, image), largestFinitePsnrDb(image)),
    ssim: similarity,
    gradientEnergyRatio: ratio,
    laplacianVarianceRatio: detailRatio(original.laplacianVariance, laplacianVariance(luma), roundingLaplacianVariance),
    blurSigmaPx: Number.isNaN(ratio) ? Number.NaN : blurSigmaPx(original.blurCurve, luma),
    spectralSlopeDifference: Number.isNaN(ratio) ? Number.NaN : steepening,
    ...bandMeasures(rings),
  };
  return {
    measures,
    originalPower: density(rings.originalEnergy),
    reconstructionPower: density(rings.reconstructionEnergy),
  };
}

/** `fineKept`, `coarseCoherence` and so on: each figure of each band under one name. */
function bandMeasures(rings: Rings): Record<BandMeasureName, number> {
  const entries = detailBands.flatMap((band) =>
    Object.entries(bandDetail(rings, band)).map(([key, value]) => {
      return [`${band.name}${key.charAt(0).toUpperCase()}${key.slice(1)}`, value];
    }),
  );
  return Object.fromEntries(entries);
}
