/** Pictures drawn from the prior of a variational autoencoder. */
import { latentShape } from '../../autoencoder/autoencoder.js';
import { classesOf, imageChannelsOf } from '../../config/networks/model.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { visibleRgb } from '../../data/pictures/values/visible.js';
import { priorLatents } from '../../evaluation/latent-space/draws.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { decodeLatents, imagesAtOnce } from '../../evaluation/model-passes.js';
import { openModel } from '../../training/run/trained-model.js';

/** `count` decoded draws of N(0, I), or of the priors of its classes in turn. */
export async function priorPictures(
  path: string,
  count: number,
  { batch, seed }: { readonly batch: number; readonly seed: number },
): Promise<PixelImage[]> {
  const { model } = await openModel(path);
  const { imageSize: size } = model.config;
  const channels = imageChannelsOf(model.config);
  const shape = latentShape(model.config, [size, size]);
  const known = classesOf(model.config);
  const classes = known && Int32Array.from({ length: count }, (_, index) => index % known.length);
  const latents = priorLatents(model, count, shape[0] * shape[1] * shape[2], seed, classes);
  const images = await decodeLatents(model, latents, shape, {
    batch: imagesAtOnce(batch, [size, size]),
    classes,
  });
  const floats = images.length / count;
  return Array.from({ length: count }, (_, index) => ({
    pixels: visibleRgb({ pixels: toBytes(images.subarray(index * floats, (index + 1) * floats)), channels }),
    width: size,
    height: size,
  }));
}
