/** Pictures as a canvas takes them. */
import type { PixelImage } from '../../index.js';
import type { Rgba } from '../protocol.js';

export function toRgba({ pixels, width, height }: PixelImage): Rgba {
  return rgbaOf(width, height, (at) => pixels[at]!);
}

/** How much larger than it is an error is shown. */
const errorGain = 8;

/** `errorGain` times the difference, around mid-grey. */
export function errorRgba(original: PixelImage, reconstruction: PixelImage): Rgba {
  return rgbaOf(original.width, original.height, (at) => {
    return 128 + errorGain * (reconstruction.pixels[at]! - original.pixels[at]!);
  });
}

function rgbaOf(width: number, height: number, value: (at: number) => number): Rgba {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let to = 0, from = 0; to < data.length; to += 4, from += 3) {
    data[to] = value(from);
    data[to + 1] = value(from + 1);
    data[to + 2] = value(from + 2);
    data[to + 3] = 255;
  }
  return { data, width, height };
}
