import { assertShape, UserError } from '../../errors.js';
import { lumaWeights } from '../../luma.js';

/** An 8-bit sRGB picture, as decoded from a file or rounded from a model's output. */
export interface PixelImage {
  /** RGB, interleaved, row by row: width · height · 3 values. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** One channel of a picture in 0 … 255, row by row. */
export interface Plane {
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Variance that rounding R, G and B to whole numbers adds to luma: each error is uniform, its variance 1/12. */
export const lumaRoundingVariance = lumaWeights.reduce((sum, weight) => sum + weight ** 2, 0) / 12;

/** The brightness Y of each pixel. */
export function lumaPlane({ pixels, width, height }: PixelImage): Plane {
  const [red, green, blue] = lumaWeights;
  const values = new Float64Array(width * height);
  for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += 3) {
    values[pixel] = red * pixels[at]! + green * pixels[at + 1]! + blue * pixels[at + 2]!;
  }
  return { values, width, height };
}

/** Channel 0 (red), 1 (green) or 2 (blue). */
export function channelPlane({ pixels, width, height }: PixelImage, channel: number): Plane {
  const values = new Float64Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) values[pixel] = pixels[3 * pixel + channel]!;
  return { values, width, height };
}

/** Throws a `UserError` unless both pictures have as many pixels as they claim and the same size. */
export function assertComparable(original: PixelImage, reconstruction: PixelImage): void {
  for (const { pixels, width, height } of [original, reconstruction]) {
    if (pixels.length !== width * height * 3) {
      throw new UserError(
        `A picture of ${width}×${height} px came with ${pixels.length} values, wanted ${width * height * 3}: pass RGB.`,
      );
    }
  }
  assertShape(
    'reconstruction (height × width)',
    [reconstruction.height, reconstruction.width],
    [original.height, original.width],
    'compare a reconstruction with the crop it was made from',
  );
}
