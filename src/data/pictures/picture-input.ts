/** Whatever a program may have a picture in. */
import { Buffer } from 'node:buffer';
import { resolve } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { type ImageChannels, imageChannelCounts } from '../../config/config.js';
import { reasonOf, UserError } from '../../errors.js';
import { UnreadableImage } from '../skipped.js';
import type { Picture } from './framing/crop.js';
import { toBytes } from './values/pixels.js';

/** As tfjs has it: [height, width, C], int32 of 0 to 255 or float32 of -1 to 1. It is read, not disposed of. */
export interface PictureTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<ArrayLike<number>>;
}

/** An image file's path, its content, 8-bit pixels, a tensor of them, or a sharp instance, as whose output it is taken. */
export type PictureInput = string | Uint8Array | Picture | PictureTensor | Sharp;

/**
 * The content of an image file that holds the picture, all of its bytes; of a path, the path.
 *
 * @throws UserError where pixels and their shape do not fit each other
 * @throws UnreadableImage where sharp fails
 */
export async function readablePicture(picture: PictureInput): Promise<string | Buffer> {
  if (typeof picture === 'string') return resolve(picture);
  if (picture instanceof Uint8Array) return Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  if ('toBuffer' in picture) return losslessFile(picture);
  const { pixels, width, height, channels } = 'pixels' in picture ? picture : await pixelsOfTensor(picture);
  assertFits(pixels.length, width, height, channels);
  return losslessFile(sharp(pixels, { raw: { width, height, channels } }));
}

async function losslessFile(image: Sharp): Promise<Buffer> {
  try {
    // Little is gained by packing well what is unpacked again at once.
    return await image.png({ compressionLevel: 1 }).toBuffer();
  } catch (error) {
    throw new UnreadableImage(`sharp cannot read it (${reasonOf(error)})`, { cause: error });
  }
}

async function pixelsOfTensor(tensor: PictureTensor): Promise<Picture> {
  const [height, width, channels] = tensor.shape;
  if (tensor.shape.length !== 3 || !height || !width || !isChannelCount(channels)) {
    throw new UserError(`Got a tensor of [${tensor.shape}], wanted [height, width, 1, 3 or 4].`);
  }
  const values = await tensor.data();
  const [low, high] = tensor.dtype === 'float32' ? [-1, 1] : [0, 255];
  const outside = Array.prototype.find.call(values, (value: number) => !(value >= low && value <= high));
  if (outside !== undefined) {
    throw new UserError(
      `Got ${outside} in a ${tensor.dtype} tensor of a picture, wanted values from ${low} to ${high}.`,
    );
  }
  const pixels = tensor.dtype === 'float32' ? toBytes(Float32Array.from(values)) : Uint8Array.from(values);
  return { pixels, width, height, channels };
}

const isChannelCount = (count: number | undefined): count is ImageChannels =>
  imageChannelCounts.some((known) => known === count);

function assertFits(bytes: number, width: number, height: number, channels: ImageChannels): void {
  if (bytes === width * height * channels) return;
  throw new UserError(`Got ${bytes} bytes of pixels for ${width}×${height} px with ${channels} channels.`);
}
