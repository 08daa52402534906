/** Pictures in aspect-ratio buckets, a batch of one bucket at a time. */

import type { ChannelsFirst } from '../../../channel-axes.js';
import { mirrored as mirroredPixels, type Picture } from '../../../data/pictures/framing/crop.js';
import { toUnitRange } from '../../../data/pictures/values/pixels.js';
import { UserError } from '../../../errors.js';
import type { StoredImage } from '../../format/shards/shard.js';
import { type LatentEncoder, pxPerCellOf } from '../../model-roles.js';
import type { Bucketing } from '../input/candidates.js';
import type { PosteriorValues } from '../store/writer.js';
import { encodeBatch } from './encode-batch.js';
import type { EncodingMethod } from './encoding-method.js';

export interface BucketEncoding {
  readonly encoder: LatentEncoder;
  readonly size: Bucketing;
  readonly batch: number;
  readonly mirrored: boolean;
}

/** @throws UserError where the encoder takes one size alone, or a bucket is not whole cells */
export function bucketMethod({ encoder, size, batch, mirrored }: BucketEncoding): EncodingMethod {
  const cellPx = pxPerCellOf(encoder);
  if (size.multiple % cellPx !== 0) {
    throw new UserError(
      `--multiple: got ${size.multiple} px, wanted a multiple of ${cellPx} px, a cell of the latent.`,
    );
  }
  const shapeOf = ({ height, width }: Pick<Picture, 'height' | 'width'>): ChannelsFirst => {
    const [h, w, channels] = encoder.shape(height, width);
    return [channels, h, w];
  };
  const buckets = size.buckets.map(({ width, height }) => {
    return { width, height, shape: [...shapeOf({ width, height })] as [number, number, number] };
  });
  const longest = Math.max(...buckets.map(({ width, height }) => width * height)) * encoder.imageChannels;
  // One array for all batches: a new one for each costs as much as converting its pixels.
  const inputs = (mirrored ? [false, true] : [false]).map((mirror) => {
    return { mirror, values: new Float32Array(batch * longest) };
  });
  let added: StoredImage[] = [];
  let of = { width: 0, height: 0 };
  return {
    shape: [encoder.shape(cellPx, cellPx)[2], null, null],
    buckets,
    batch,
    shapeOf,
    add({ picture, record }) {
      of = { width: picture.width, height: picture.height };
      const offset = added.length * picture.pixels.length;
      for (const { mirror, values } of inputs) {
        toUnitRange(mirror ? mirroredPixels(picture) : picture.pixels, values, offset);
      }
      added.push(record);
    },
    async encode() {
      const images = added;
      added = [];
      const posteriors: PosteriorValues[] = [];
      const floats = batch * of.width * of.height * encoder.imageChannels;
      for (const { values } of inputs) {
        posteriors.push(await encodeBatch(encoder, images, values.subarray(0, floats), { batch, ...of }));
      }
      return { images, posteriors, shape: shapeOf(of) };
    },
  };
}
