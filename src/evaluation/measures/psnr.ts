import { assertComparable, type PixelImage } from './pixel-image.js';

/**
 * Peak signal-to-noise ratio in dB over all three channels: 10 · log10(255² / mean squared error).
 * Infinity for identical pictures. Agrees with scikit-image's `peak_signal_noise_ratio` at `data_range=255`.
 */
export function psnrDb(original: PixelImage, reconstruction: PixelImage): number {
  assertComparable(original, reconstruction);
  let squaredError = 0;
  for (let at = 0; at < original.pixels.length; at++) {
    squaredError += (original.pixels[at]! - reconstruction.pixels[at]!) ** 2;
  }
  return 10 * Math.log10((255 ** 2 * original.pixels.length) / squaredError);
}

/** The largest PSNR two different pictures of this size can have: one value of one pixel is off by one. */
export function largestFinitePsnrDb({ pixels }: PixelImage): number {
  return 10 * Math.log10(255 ** 2 * pixels.length);
}
