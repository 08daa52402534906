/** One call of an encoder. */
import { assertShape } from '../../../errors.js';
import { sizeOf } from '../../format/layout.js';
import type { StoredImage } from '../../format/shards/shard.js';
import type { LatentEncoder } from '../../model-roles.js';
import type { PosteriorValues } from '../store/writer.js';

interface BatchSize {
  /** Images that the encoder is handed. */
  readonly batch: number;
  /** Of an image, in px. */
  readonly height: number;
  readonly width: number;
}

/** Encodes `input` [B, H, W, C], which begins with `images`; a short batch is filled up with grey. */
export async function encodeBatch(
  encoder: LatentEncoder,
  images: readonly StoredImage[],
  input: Float32Array,
  { batch, height, width }: BatchSize,
): Promise<PosteriorValues> {
  input.fill(0, images.length * height * width * encoder.imageChannels);
  const posterior = await encoder.encodeBatch(input, batch, height, width, images);
  const wanted = batch * sizeOf(encoder.shape(height, width));
  for (const values of [posterior.mean, posterior.logvar]) {
    assertShape('latents of a batch', [values.length], [wanted], 'the encoder does not keep to its own shape');
  }
  return posterior;
}
