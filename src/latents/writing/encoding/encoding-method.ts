/** What an encode does with pictures once they are decoded: squares in batches, or pictures of any size in tiles. */

import type { StoreShape } from '../../format/layout.js';
import type { ReadableImage } from '../input/candidates.js';
import type { BatchToStore } from '../store/writer.js';

export type EncodedImages = Omit<BatchToStore, 'skipped'>;

export interface EncodingMethod {
  /** Of the store's latents. */
  readonly shape: StoreShape;
  /** How many images `encode` takes at a time, at most. */
  readonly batch: number;
  encode(images: readonly ReadableImage[]): Promise<EncodedImages>;
}
