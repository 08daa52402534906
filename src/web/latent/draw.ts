/** Draws from what a tokenizer says of a picture, and from what it says of pictures at all. */
import { ofChannel } from '../../config/networks/scaling.js';
import { normals } from '../../random.js';
import type { TokenizerFacts } from '../tokenizer/facts.js';
import type { EncodedPicture, LatentShape } from '../tokenizer/tokenizer.js';

/** mean + std · noise: a latent that the encoder finds as good as the mean; the mean itself where there is no variance. */
export function drawPosterior({ mean, logvar }: EncodedPicture, facts: TokenizerFacts, seed: number): Float32Array {
  if (facts.latent.posterior !== 'gaussian') return mean;
  const draws = normals(mean.length, 'posterior', seed);
  return mean.map((value, at) => value + Math.exp(0.5 * logvar[at]!) * draws[at]!);
}

/**
 * A draw of N(0, 1): the prior of a VAE under the full KL term. A tokenizer for diffusion has a weaker one; its draw is brought
 * to the scale and shift of its latents.
 */
export function drawPrior(
  { channels, height, width }: LatentShape,
  { scaling }: Pick<TokenizerFacts, 'scaling'>,
  seed: number,
): Float32Array {
  const draws = normals(channels * height * width, 'prior', seed);
  if (scaling === null) return draws;
  const { shift, factor } = scaling;
  return draws.map((value, at) => {
    const channel = Math.floor(at / (height * width));
    return value / ofChannel(factor, channel) + ofChannel(shift, channel);
  });
}
