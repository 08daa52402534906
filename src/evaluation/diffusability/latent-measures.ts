/** How easily a diffusion model may learn latents, as far as the latents alone tell. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { LatentSet } from './latent-set.js';
import { spectrumSlope } from './spectrum-slope.js';

export interface LatentMeasures {
  /**
   * exp of the entropy of the channels' eigenvalues, 1 to Z (Roy & Vetterli, EUSIPCO 2007): how many directions the channels
   * use. Absent for more than 256 channels.
   */
  readonly effectiveRank?: number;
  /** Shares of the variance along the principal directions of the channels, the largest first (cf. arXiv 2512.05394). */
  readonly eigenvalueShares?: readonly number[];
  /**
   * Mean absolute difference of neighbouring positions, channels scaled to a standard deviation of 1 (REPA-E, arXiv 2504.10483,
   * table 1): 1.13 for white noise, 0 for flat latents. Absent for vectors, as is the slope.
   */
  readonly totalVariation?: number;
  /** See `spectrumSlope`: 0 for white noise, about -2 for photographs. Absent for grids of fewer than 4×4. */
  readonly spectrumSlope?: number;
}

const mostChannels = 256;

export function latentMeasures({ latents, shape }: LatentSet): LatentMeasures {
  const [height, width, channels] = shape;
  const scaled = { latents: standardized(latents, channels), shape };
  const slope = spectrumSlope(scaled);
  return {
    ...(channels <= mostChannels && channelSpectrum(latents, channels)),
    ...(height * width > 1 && { totalVariation: totalVariation(scaled) }),
    ...(slope !== undefined && { spectrumSlope: slope }),
  };
}

/** Every channel with mean 0 and standard deviation 1; one that does not vary is 0. */
export function standardized(latents: Float32Array, channels: number): Float32Array {
  const { mean, std } = channelMoments(latents, channels);
  return latents.map((value, at) => {
    const channel = at % channels;
    return std[channel] === 0 ? 0 : (value - mean[channel]!) / std[channel]!;
  });
}

/** Over images and positions, [Z] each. */
export function channelMoments(latents: Float32Array, channels: number): Record<'mean' | 'std', Float64Array> {
  const [mean, squares] = [new Float64Array(channels), new Float64Array(channels)];
  const rows = latents.length / channels;
  for (const [at, value] of latents.entries()) mean[at % channels]! += value / rows;
  for (const [at, value] of latents.entries()) squares[at % channels]! += (value - mean[at % channels]!) ** 2 / rows;
  return { mean, std: squares.map(Math.sqrt) };
}

function channelSpectrum(latents: Float32Array, channels: number) {
  const { mean } = channelMoments(latents, channels);
  const covariance = Matrix.zeros(channels, channels);
  for (let row = 0; row < latents.length; row += channels) {
    for (let a = 0; a < channels; a++) {
      const ofA = latents[row + a]! - mean[a]!;
      for (let b = 0; b <= a; b++) covariance.set(a, b, covariance.get(a, b) + ofA * (latents[row + b]! - mean[b]!));
    }
  }
  for (let a = 0; a < channels; a++) for (let b = 0; b < a; b++) covariance.set(b, a, covariance.get(a, b));
  const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const values = realEigenvalues.map((value) => Math.max(0, value)).sort((a, b) => b - a);
  const sum = values.reduce((total, value) => total + value, 0) || 1;
  const eigenvalueShares = values.map((value) => value / sum);
  const entropy = eigenvalueShares.reduce((total, share) => total - (share > 0 ? share * Math.log(share) : 0), 0);
  return { eigenvalueShares, effectiveRank: Math.exp(entropy) };
}

function totalVariation({ latents, shape: [height, width, channels] }: LatentSet): number {
  let [sum, count] = [0, 0];
  const add = (at: number, distance: number) => {
    for (let channel = 0; channel < channels; channel++) {
      sum += Math.abs(latents[at + channel]! - latents[at + distance + channel]!);
      count++;
    }
  };
  for (let position = 0; position < latents.length / channels; position++) {
    const [row, column] = [Math.floor(position / width) % height, position % width];
    if (column + 1 < width) add(position * channels, channels);
    if (row + 1 < height) add(position * channels, width * channels);
  }
  return sum / count;
}
