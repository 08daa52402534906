/** What a person sees of a picture, whatever its channels. */
import type { Picture } from '../framing/crop.js';

/** [height, width, channels] -> [height, width, 3]: luminance becomes grey, alpha is laid on white. RGB stays the same array. */
export function visibleRgb({ pixels, channels }: Pick<Picture, 'pixels' | 'channels'>): Uint8Array {
  if (channels === 3) return pixels;
  const rgb = new Uint8Array((pixels.length / channels) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += channels, to += 3) {
    const opacity = channels === 4 ? (pixels[from + 3] as number) / 255 : 1;
    for (let channel = 0; channel < 3; channel++) {
      const value = pixels[from + (channels === 4 ? channel : 0)] as number;
      rgb[to + channel] = Math.round(value * opacity + 255 * (1 - opacity));
    }
  }
  return rgb;
}
