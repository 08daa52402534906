/** Images of other channels for networks that know RGB alone. */
import * as tf from '@tensorflow/tfjs-core';
import { lumaWeights } from '../../luma.js';
import type { PerceptualLoss } from './perceptual-loss.js';

/** [B, H, W, 1, 3 or 4] -> [B, H, W, 3], in [-1, 1]: luminance becomes grey, alpha is laid on white. Differentiable. */
export function asRgb(images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  if (channels === 3) return images;
  if (channels === 1) return tf.tile(images, [1, 1, 1, 3]);
  const size = [batch, height, width];
  const colours = tf.slice4d(images, [0, 0, 0, 0], [...size, 3] as [number, number, number, number]);
  const alpha = tf.slice4d(images, [0, 0, 0, 3], [...size, 1] as [number, number, number, number]);
  const opacity = tf.mul(tf.add(alpha, 1), 0.5); // [B, H, W, 1]
  // c·o + 1·(1 - o), as white is 1
  return tf.add(tf.mul(tf.sub(colours, 1), opacity), 1);
}

/** The luma of what a person sees of images of any channels: [B, H, W, C] -> [B, H, W, 1], in the images' units. */
export function luma(images: tf.Tensor4D): tf.Tensor4D {
  if (images.shape[3] === 1) return images;
  return tf.sum(tf.mul(asRgb(images), tf.tensor1d([...lumaWeights])), 3, true);
}

/** The same distances, of what a person sees of images of any channels. */
export function ofVisibleColours(loss: PerceptualLoss): PerceptualLoss {
  return {
    ...loss,
    distances: (images, reconstructions) => loss.distances(asRgb(images), asRgb(reconstructions)),
    layerDistances: (images, reconstructions) => loss.layerDistances(asRgb(images), asRgb(reconstructions)),
  };
}
