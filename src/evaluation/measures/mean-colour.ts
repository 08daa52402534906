/** What a model that has learned nothing but one colour would reach. */
import type { PixelImage } from './pixel-image.js';

export interface MeanColour {
  add(image: PixelImage): void;
  /** Mean over the images of the PSNR in dB of a picture in their common mean colour, rounded to 8 bits. */
  psnrDb(): number;
}

/** By Σ(x - m)² = Σx² - 2mΣx + nm² for each channel, so that no picture is kept. */
export function createMeanColour(): MeanColour {
  const images: { pixels: number; sums: number[]; squares: number[] }[] = [];
  return {
    add({ pixels }) {
      const [sums, squares] = [
        [0, 0, 0],
        [0, 0, 0],
      ];
      for (let at = 0; at < pixels.length; at++) {
        const value = pixels[at]!;
        sums[at % 3]! += value;
        squares[at % 3]! += value ** 2;
      }
      images.push({ pixels: pixels.length / 3, sums, squares });
    },
    psnrDb() {
      const count = images.reduce((sum, { pixels }) => sum + pixels, 0);
      const colour = [0, 1, 2].map((channel) =>
        Math.round(images.reduce((sum, { sums }) => sum + sums[channel]!, 0) / count),
      );
      const each = images.map(({ pixels, sums, squares }) => {
        const error = colour.reduce(
          (sum, mean, channel) => sum + squares[channel]! - 2 * mean * sums[channel]! + pixels * mean ** 2,
          0,
        );
        return 10 * Math.log10((255 ** 2 * 3 * pixels) / error);
      });
      return each.reduce((sum, psnr) => sum + psnr, 0) / each.length;
    },
  };
}
