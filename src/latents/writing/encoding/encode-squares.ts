/** Square pictures of one size, a batch at a time. */
import { cutOut } from '../../../data/pictures/framing/crop.js';
import { squareToUnitRange, toUnitRange } from '../../../data/pictures/values/pixels.js';
import { UserError } from '../../../errors.js';
import type { StoredImage } from '../../format/shards/shard.js';
import type { LatentEncoder } from '../../model-roles.js';
import type { PosteriorValues } from '../store/writer.js';
import { encodeBatch } from './encode-batch.js';
import type { EncodingMethod } from './encoding-method.js';

export interface SquareOptions {
  readonly encoder: LatentEncoder;
  /** In px. */
  readonly size: number;
  readonly batch: number;
  readonly mirrored: boolean;
}

/** @throws UserError where the encoder cannot take images of this size */
export function squareMethod(options: SquareOptions): EncodingMethod {
  const { encoder, size, batch, mirrored } = options;
  const [height, width, channels] = encoder.shape(size, size);
  if (!Number.isInteger(height) || !Number.isInteger(width)) {
    throw new UserError(`Got images of ${size} px, which make latents of ${height}×${width}: choose another --size.`);
  }
  const shape: [number, number, number] = [channels, height, width];
  const imageFloats = size * size * encoder.imageChannels;
  // One array for all batches: a new one for each costs as much as converting its pixels.
  const inputs = (mirrored ? [false, true] : [false]).map((mirror) => {
    return { mirror, values: new Float32Array(batch * imageFloats) }; // [B, size, size, C]
  });
  let added: StoredImage[] = [];
  return {
    shape,
    batch,
    shapeOf: () => shape,
    add(image) {
      const { picture, square } = image;
      if (square === null) throw new Error('Got a picture without its square');
      for (const { mirror, values } of inputs) {
        const offset = added.length * imageFloats;
        if (mirror) toUnitRange(cutOut(picture, square, true), values, offset);
        else squareToUnitRange(picture, square, values, offset);
      }
      added.push(image.record);
    },
    async encode() {
      const images = added;
      added = [];
      const posteriors: PosteriorValues[] = [];
      for (const { values } of inputs)
        posteriors.push(await encodeBatch(encoder, images, values, { batch, height: size, width: size }));
      return { images, posteriors, shape };
    },
  };
}
