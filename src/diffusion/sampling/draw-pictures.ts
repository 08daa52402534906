/** Pictures drawn from a diffusion model through the tokenizer of its latents. */
import type { SamplingOptions } from '../../config/options/diffusion-options.js';
import type { Picture } from '../../data/pictures/framing/crop.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { visibleRgb } from '../../data/pictures/values/visible.js';
import type { LatentDecoder } from '../../latents/model-roles.js';
import type { DiffusionNetwork } from '../model/open-diffusion.js';
import { drawLatents, type WantedImage } from './draw-latents.js';

export interface DrawnPicture extends Picture {
  readonly image: WantedImage;
}

/** Draws a picture for every one of `images`, in order; each comes when its batch is done. */
export async function* drawPictures(
  network: DiffusionNetwork,
  decoder: LatentDecoder,
  images: readonly WantedImage[],
  options: SamplingOptions,
): AsyncGenerator<DrawnPicture, void, void> {
  const { latentShape, classes } = network.config.denoiser;
  const [height, width] = decoder.imageSize(latentShape[0], latentShape[1]);
  const channels = decoder.imageChannels;
  const pictureFloats = height * width * channels;
  const size = Math.min(options.batch, images.length);
  for await (const { images: drawn, latents } of drawLatents(network, images, options)) {
    const filled = new Float32Array((latents.length / drawn.length) * size);
    filled.set(latents);
    const sources = drawn.map((image) => ({ path: `sample ${image.number}`, class: classes[image.class] ?? null }));
    const decoded = await decoder.decodeBatch(filled, [size, ...latentShape], sources); // [B, H, W, C]
    for (const [index, image] of drawn.entries()) {
      const pixels = toBytes(decoded.subarray(index * pictureFloats, (index + 1) * pictureFloats));
      yield { image, pixels, channels, width, height };
    }
  }
}

/** As a person sees it, and measures do: RGB, whatever the tokenizer's channels. */
export const asSeen = (picture: DrawnPicture): DrawnPicture => ({
  ...picture,
  pixels: visibleRgb(picture),
  channels: 3,
});
