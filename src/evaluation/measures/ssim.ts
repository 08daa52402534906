import { UserError } from '../../errors.js';
import { gaussianHalfKernel, separableFilter } from './gaussian.js';
import { assertComparable, channelPlane, type PixelImage, type Plane } from './pixel-image.js';

const windowRadius = 5;
const window = gaussianHalfKernel(1.5, windowRadius);
const stabilizers = { mean: (0.01 * 255) ** 2, variance: (0.03 * 255) ** 2 };

/**
 * Structural similarity, 1 for identical pictures: the mean over the three channels, a border of 5 px left out
 * (Wang et al. 2004, eq. 13: Gaussian window of sigma 1.5 px on 11×11 px, K1 0.01, K2 0.03, population covariance).
 * Agrees with scikit-image's `structural_similarity` at `gaussian_weights=True, use_sample_covariance=False`.
 *
 * @throws UserError where a side is shorter than the window's 11 px.
 */
export function ssim(original: PixelImage, reconstruction: PixelImage): number {
  assertComparable(original, reconstruction);
  const { width, height } = original;
  const windowSide = 2 * windowRadius + 1;
  if (Math.min(width, height) < windowSide) {
    throw new UserError(`SSIM got a picture of ${width}×${height} px, wanted at least ${windowSide} px a side.`);
  }
  const channels = [0, 1, 2].map((channel) =>
    channelSsim(channelPlane(original, channel), channelPlane(reconstruction, channel)),
  );
  return channels.reduce((sum, value) => sum + value, 0) / channels.length;
}

function channelSsim(x: Plane, y: Plane): number {
  const { width, height } = x;
  const blurred = (value: (x: number, y: number) => number) => {
    const values = x.values.map((xValue, at) => value(xValue, y.values[at]!));
    return separableFilter({ values, width, height }, window).values;
  };
  const xMean = blurred((xValue) => xValue);
  const yMean = blurred((_, yValue) => yValue);
  const squares = blurred((xValue, yValue) => xValue * xValue + yValue * yValue);
  const products = blurred((xValue, yValue) => xValue * yValue);
  let sum = 0;
  for (let row = windowRadius; row < height - windowRadius; row++) {
    for (let column = windowRadius; column < width - windowRadius; column++) {
      const at = row * width + column;
      const meanProduct = xMean[at]! * yMean[at]!;
      const meanSquares = xMean[at]! ** 2 + yMean[at]! ** 2;
      const luminance = (2 * meanProduct + stabilizers.mean) / (meanSquares + stabilizers.mean);
      const covariance = products[at]! - meanProduct;
      const variances = squares[at]! - meanSquares;
      sum += (luminance * (2 * covariance + stabilizers.variance)) / (variances + stabilizers.variance);
    }
  }
  return sum / ((width - 2 * windowRadius) * (height - 2 * windowRadius));
}
