/** Square pictures of one size, a batch at a time. */
import { cutOut } from '../../../data/pictures/crop.js';
import { toUnitRange } from '../../../data/pictures/pixels.js';
import { assertShape, UserError } from '../../../errors.js';
import { sizeOf } from '../../format/layout.js';
import type { LatentEncoder } from '../../model-roles.js';
import type { ReadableImage } from '../input/candidates.js';
import type { PosteriorValues } from '../store/writer.js';
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
  // One array for all batches: a new one for each costs as much as converting its pixels.
  const input = new Float32Array(batch * size * size * 3); // [B, size, size, 3]
  return {
    shape,
    batch,
    async encode(images) {
      const posteriors: PosteriorValues[] = [];
      for (const mirror of mirrored ? [false, true] : [false])
        posteriors.push(await encodeBatch(images, mirror, input, options));
      return { images: images.map(({ record }) => record), posteriors, shape };
    },
  };
}

/** A short batch is filled up with grey. */
async function encodeBatch(
  images: readonly ReadableImage[],
  mirror: boolean,
  input: Float32Array,
  { encoder, batch, size }: SquareOptions,
): Promise<PosteriorValues> {
  input.fill(0, images.length * size * size * 3);
  images.forEach(({ picture }, index) => {
    const pixels = mirror ? cutOut(picture, { left: 0, top: 0, side: size }, true) : picture.pixels;
    toUnitRange(pixels, input, index * pixels.length);
  });
  const sources = images.map(({ record }) => record);
  const posterior = await encoder.encodeBatch(input, batch, size, size, sources);
  const wanted = batch * sizeOf(encoder.shape(size, size));
  for (const values of [posterior.mean, posterior.logvar]) {
    assertShape('latents of a batch', [values.length], [wanted], 'the encoder does not keep to its own shape');
  }
  return posterior;
}
