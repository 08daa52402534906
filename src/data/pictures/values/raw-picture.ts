/** Between pixels in memory and sharp's pipelines. */
import sharp, { type Sharp } from 'sharp';
import type { ImageChannels } from '../../../config/config.js';
import type { Picture } from '../framing/crop.js';

/** The pixels that a pipeline makes. */
export async function rawPicture(image: Sharp): Promise<Picture> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { pixels, channels: info.channels as ImageChannels, width: info.width, height: info.height };
}

/** A pipeline that begins with pixels. */
export function rawImage({ pixels, channels, width, height }: Picture): Sharp {
  return sharp(pixels, { raw: { width, height, channels } });
}
