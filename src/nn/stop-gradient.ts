/** Where gradients end. */
import * as tf from '@tensorflow/tfjs-core';

/** `compute(x)` as a constant: whatever it does needs no gradient, and none reaches `x`. */
export function constantOf<Result extends tf.Tensor>(x: tf.Tensor, compute: (x: tf.Tensor) => Result): Result {
  const constant = tf.customGrad((input: tf.Tensor | tf.GradSaveFunc) => ({
    value: compute(input as tf.Tensor),
    gradFunc: () => tf.zeros(x.shape),
  }));
  return constant(x) as Result;
}

/** `value` with the gradient of `x`, which has the same shape: the straight-through estimator (arXiv 1308.3432). */
export function straightThrough<Value extends tf.Tensor>(x: tf.Tensor, value: Value): Value {
  const through = tf.customGrad((_x: tf.Tensor | tf.GradSaveFunc, passed: tf.Tensor | tf.GradSaveFunc) => ({
    value: (passed as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => [dy, tf.zerosLike(dy)],
  }));
  return through(x, value) as Value;
}
