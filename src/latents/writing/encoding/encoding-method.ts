/** What an encode does with pictures once they are decoded: squares or buckets in batches, or pictures of any size in tiles. */

import type { ChannelsFirst } from '../../../channel-axes.js';
import type { Picture } from '../../../data/pictures/framing/crop.js';
import type { StoreShape } from '../../format/layout.js';
import type { LatentDescription } from '../../format/manifest.js';
import type { ReadableImage } from '../input/candidates.js';
import type { BatchToStore } from '../store/writer.js';

export type EncodedImages = Omit<BatchToStore, 'skipped'>;

export interface EncodingMethod {
  /** Of the store's latents. */
  readonly shape: StoreShape;
  /** Where pictures are sorted into some. */
  readonly buckets?: LatentDescription['buckets'];
  /** How many images make a batch, at most. */
  readonly batch: number;
  /** Of a picture's latent; those of a batch have one shape. */
  shapeOf(picture: Picture): ChannelsFirst;
  /** Puts an image into the batch: what can be done with it alone is done at once, while others are still being decoded. */
  add(image: ReadableImage): void;
  /** Encodes the images that were added since the last time, of which there must be some. */
  encode(): Promise<EncodedImages>;
}
