/** Latents as a diffusion model sees them: every channel with mean 0 and standard deviation 1. */
import type { DiffusionModelConfig } from '../../config/options/diffusion-options.js';
import type { LatentStatistics } from '../../latents/format/statistics.js';

export type Normalization = DiffusionModelConfig['normalization'];

/** A channel that varies less than this share of the liveliest one is not blown up further. */
const smallestStdShare = 1e-3;

/** @param drawn whether latents are drawn from their posteriors, whose variance then counts too */
export function normalizationOf({ mean, std, posteriorStd }: LatentStatistics, drawn: boolean): Normalization {
  const spread = std.map((value, channel) => Math.hypot(value, drawn ? (posteriorStd[channel] as number) : 0));
  const floor = Math.max(...spread) * smallestStdShare || 1;
  return { mean: [...mean], std: spread.map((value) => Math.max(value, floor)) };
}

/** Raw latents [..., Z] -> normalised ones. */
export function normalize(latents: Float32Array, { mean, std }: Normalization): Float32Array {
  const channels = mean.length;
  return latents.map((value, index) => {
    const channel = index % channels;
    return (value - (mean[channel] as number)) / (std[channel] as number);
  });
}

/** The way back. */
export function denormalize(latents: Float32Array, { mean, std }: Normalization): Float32Array {
  const channels = mean.length;
  return latents.map((value, index) => {
    const channel = index % channels;
    return value * (std[channel] as number) + (mean[channel] as number);
  });
}
