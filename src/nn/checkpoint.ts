/** Gradient checkpointing (Chen et al., arXiv 1604.06174, section 4): memory for time. */
import * as tf from '@tensorflow/tfjs-core';
import { after } from '../engine/ops.js';
import type { ImageFunction } from './layers.js';
import type { Scope } from './parameters.js';

/** A layer built on `scope`, checkpointed where that is asked for. */
export const segment = (scope: Scope, isCheckpointed: boolean, layer: ImageFunction): ImageFunction =>
  isCheckpointed ? checkpointed(layer, scope.trainable()) : layer;

/**
 * `layer` with the same value and gradients, which keeps nothing but its input for the gradients and computes the rest again
 * when they are asked for.
 *
 * @param parameters all that the layer reads, each of which must have a gradient
 */
export function checkpointed(layer: ImageFunction, parameters: readonly tf.Variable[]): ImageFunction {
  const withoutMemory = tf.customGrad<tf.Tensor4D>((...inputsAndSave) => {
    const [input] = inputsAndSave as tf.Tensor[];
    (inputsAndSave.at(-1) as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: layer(input as tf.Tensor4D),
      gradFunc: (dy, [x]) => gradientsAgain(layer, x as tf.Tensor4D, parameters, dy),
    };
  });
  return (x) => withoutMemory(x, ...parameters);
}

/** The gradients of `layer` with respect to `x` and the parameters, from a forward pass of their own. */
function gradientsAgain(
  layer: ImageFunction,
  x: tf.Tensor4D,
  parameters: readonly tf.Variable[],
  dy: tf.Tensor4D,
): tf.Tensor[] {
  const engine = tf.engine();
  // A lazy engine would otherwise take what it has computed before, and therefore keep it.
  const input = after(x, dy);
  // tfjs throws a finished tape away, and with it the tape whose gradients are being computed.
  const { activeTape } = engine.state;
  const { value, grads } = engine.gradients(() => layer(input), [input, ...parameters], dy);
  engine.state.activeTape = activeTape;
  value.dispose();
  return grads;
}
