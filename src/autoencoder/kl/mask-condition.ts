/**
 * What the decoder of an asymmetric autoencoder has beside the usual: layers that take the unmasked part of an image (Zhu et
 * al., arXiv 2306.04632). Latents are decoded without them; they are kept so that an export is whole.
 */
import { zeros } from '../../nn/initializers.js';
import type { Scope } from '../../nn/parameters.js';

/** How many times the finest of these layers is halved. */
const stride = 16;

/** Declares their weights, which nothing moves. `widths` are those of the decoder's levels, from the finest on. */
export function declareMaskCondition(scope: Scope, inChannels: number, widths: readonly number[]): void {
  const layers = scope.child('condition_encoder').child('layers');
  let channels = inChannels;
  channelsOfLayers(widths).forEach((outChannels, index) => {
    const size = index < 2 ? 3 : 4;
    layers.child(index).constant('weight', [size, size, channels, outChannels], zeros);
    layers.child(index).constant('bias', [outChannels], zeros);
    channels = outChannels;
  });
}

/** From the first level's width, doubled layer by layer up to the last level's, which the last layer has. */
function channelsOfLayers(widths: readonly number[]): number[] {
  const most = widths.at(-1) as number;
  const channels: number[] = [];
  let next = widths[0] as number;
  for (let left = stride; left > 1; left /= 2) {
    const own = Math.min(next, most);
    channels.push(own);
    next = 2 * own;
  }
  return [...channels, most];
}
