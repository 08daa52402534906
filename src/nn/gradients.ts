/** Gradients by parameter name. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from './parameters.js';

export type Gradients = ReadonlyMap<string, tf.Tensor>;

/** The value of `loss` and its gradients with respect to `parameters`. Dispose both. */
export function gradientsOf(loss: () => tf.Scalar, parameters: Parameters): { value: tf.Scalar; gradients: Gradients } {
  const { value, grads } = tf.variableGrads(loss, [...parameters.values()]);
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, parameter] of parameters) {
    const gradient = grads[parameter.name];
    if (gradient) gradients.set(name, gradient);
  }
  return { value, gradients };
}

/** The length of all gradients as one vector. */
export function globalNorm(gradients: Gradients): tf.Scalar {
  return tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    return tf.sqrt(tf.addN(squares)) as tf.Scalar;
  });
}

/**
 * Scales all gradients down together so that their global norm is at most `limit` (Pascanu et al., arXiv 1211.5063,
 * algorithm 1).
 *
 * @param norm of the gradients, from `globalNorm`
 */
export function clipGradients(gradients: Gradients, norm: tf.Scalar, limit: number): Gradients {
  const scale = tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, scale)]));
}
