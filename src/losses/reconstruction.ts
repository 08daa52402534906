/** Pixel-wise reconstruction errors. */
import * as tf from '@tensorflow/tfjs-core';
import type { ObjectiveConfig } from '../config/config.js';

type PixelError = (images: tf.Tensor4D, reconstructions: tf.Tensor4D) => tf.Tensor4D;

/** Errors per element, [B, H, W, C]. Images are in [-1, 1], so a squared error here is four times that of [0, 1] images. */
export const pixelErrors: Record<ObjectiveConfig['reconstruction'], PixelError> = {
  mse: (images, reconstructions) => tf.squaredDifference(images, reconstructions),
  l1: (images, reconstructions) => tf.abs(tf.sub(images, reconstructions) as tf.Tensor4D),
};
