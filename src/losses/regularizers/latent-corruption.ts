/** What a decoder in training sees instead of the latent: noise, gaps, and the first channels alone. */
import type { RegularizersConfig } from '../../config/config.js';
import { type RandomStream, randomStream } from '../../random.js';

/** The decoder gets latent · scale + added; both [count, h, w, Z]. */
export interface LatentCorruption {
  readonly scale: Float32Array;
  readonly added: Float32Array;
}

export const corruptsLatents = ({ latentNoise, latentMask, channelPrefixShare }: RegularizersConfig): boolean =>
  latentNoise > 0 || latentMask > 0 || channelPrefixShare > 0;

/**
 * Drawn anew for each of `count` latents, a function of the seed and the step:
 * - (1 - τ) z + τ γ ε with τ from U(0, 1), ε from N(0, I) and γ = latentNoise (l-DeTok, Yang et al., arXiv 2507.15856, eq. 1);
 * - positions set to 0, a share m from U(-0.1, latentMask), negative ones as 0 (the same paper, section 3.3; there a learned
 *   vector stands in the gaps);
 * - of a share channelPrefixShare of the images only the first k channels kept, k from 1 to Z (DC-AE 1.5, Chen et al., arXiv
 *   2508.00413, section 3.2, whose k are a few fixed ones).
 */
export function drawCorruption(
  count: number,
  [height, width, channels]: readonly [number, number, number],
  { latentNoise, latentMask, channelPrefixShare }: RegularizersConfig,
  seed: number,
  step: number,
): LatentCorruption {
  const random = randomStream('latent corruption', seed, step);
  const floats = height * width * channels;
  const [scale, added] = [new Float32Array(count * floats), new Float32Array(count * floats)];
  for (let image = 0; image < count; image++) {
    const level = latentNoise > 0 ? random.uniform() : 0;
    const keptChannels = random.uniform() < channelPrefixShare ? 1 + random.integer(channels) : channels;
    const maskedShare = latentMask > 0 ? maskShare(random, latentMask) : 0;
    for (let position = 0; position < height * width; position++) {
      const isMasked = maskedShare > 0 && random.uniform() < maskedShare;
      for (let channel = 0; channel < channels; channel++) {
        const noise = latentNoise > 0 ? random.normal() : 0;
        if (isMasked || channel >= keptChannels) continue;
        const at = image * floats + position * channels + channel;
        scale[at] = 1 - level;
        added[at] = level * latentNoise * noise;
      }
    }
  }
  return { scale, added };
}

/** Some images stay whole. */
const leastMaskShare = -0.1;

const maskShare = (random: RandomStream, most: number) =>
  Math.max(0, leastMaskShare + (most - leastMaskShare) * random.uniform());
