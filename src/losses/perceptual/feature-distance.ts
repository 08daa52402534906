/** How far apart two feature maps are: the distance of LPIPS (Zhang et al., arXiv 1801.03924, eq. 1). */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Keeps the direction of an all-zero feature finite, value and gradient. LPIPS' code adds 1e-10 to the length instead, whose
 * gradient is NaN there; above lengths of 1e-8 the two agree to float32.
 */
const epsilon = 1e-20;

/**
 * Mean over positions of the weighted squared difference of features scaled to length one at each position:
 * 1/(h·w) Σ_hw Σ_c weight_c (a_hwc / ‖a_hw‖ - b_hwc / ‖b_hw‖)². Differentiable in `features` alone.
 *
 * @param reference [B, h, w, C], features of the originals
 * @param features [B, h, w, C], features of the reconstructions
 * @param weights [C]
 * @returns [B]
 */
export function featureDistance(reference: tf.Tensor4D, features: tf.Tensor4D, weights: tf.Tensor1D): tf.Tensor1D {
  const unitReference = tf.tidy(() => tf.mul(reference, inverseLength(reference)) as tf.Tensor4D);
  const distance = tf.customGrad<tf.Tensor1D>((x, save) => {
    const inverse = inverseLength(x as tf.Tensor4D); // [B, h, w, 1]
    const unit: tf.Tensor4D = tf.mul(x as tf.Tensor4D, inverse);
    (save as tf.GradSaveFunc)([unit, unitReference, inverse, weights]);
    const perChannel = tf.mean(tf.squaredDifference(unit, unitReference), [1, 2]) as tf.Tensor2D; // [B, C]
    const value = tf.reshape(tf.matMul(perChannel, tf.expandDims(weights, 1)), [-1]) as tf.Tensor1D; // [B]
    return { value, gradFunc: (dy, saved) => gradient(dy as tf.Tensor1D, saved) };
  });
  return distance(features);
}

/** 1 / ‖features‖ at each position: [B, h, w, C] -> [B, h, w, 1]. */
function inverseLength(features: tf.Tensor4D): tf.Tensor4D {
  const squaredLength: tf.Tensor4D = tf.sum(tf.square(features), 3, true);
  const safe: tf.Tensor4D = tf.add(squaredLength, epsilon);
  return tf.rsqrt(safe);
}

/** With g the gradient at the unit features u = x / ‖x‖, that at x is (g - u Σ_c g_c u_c) / ‖x‖. */
function gradient(dy: tf.Tensor1D, saved: tf.Tensor[]): tf.Tensor4D {
  const [unit, unitReference, inverse, weights] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
  const [batch, height, width] = unit.shape;
  const perImage = tf.mul(tf.reshape(dy, [batch, 1, 1, 1]), 2 / (height * width)); // [B, 1, 1, 1]
  const atUnit: tf.Tensor4D = tf.mul(tf.sub(unit, unitReference), tf.mul(perImage, weights)); // [B, h, w, C]
  const radial = tf.sum(tf.mul(atUnit, unit), 3, true); // [B, h, w, 1]
  return tf.mul(tf.sub(atUnit, tf.mul(unit, radial)), inverse);
}
