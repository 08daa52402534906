/** Gradients of what folds axes away, and of a softmax. */
import * as tf from '@tensorflow/tfjs-core';
import { broadcast, flat, gradientOf } from './gradient.js';

interface Axis {
  readonly axis: number | number[];
}

/** Puts back folded axes, with size 1. */
function unfold(folded: tf.Tensor, { shape }: tf.Tensor, axis: Axis['axis']): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  return tf.reshape(
    folded,
    shape.map((size, index) => (axes.includes(index) ? 1 : size)),
  );
}

const countOf = ({ shape }: tf.Tensor, axis: Axis['axis']) =>
  tf.util.parseAxisParam(axis, shape).reduce((product, folded) => product * (shape[folded] as number), 1);

const repeated = (dy: tf.Tensor, x: tf.Tensor, axis: Axis['axis']) => broadcast(unfold(dy, x, axis), x.shape);

/** Every element that is the extreme one gets dy. */
const extreme = (name: 'Max' | 'Min', option: 'reductionIndices' | 'axis') =>
  gradientOf<Record<string, number | number[]>>(name, { inputs: ['x'], output: true }, (dy, [x, y], attributes) => {
    const axis = attributes[option] ?? x!.shape.map((_, index) => index);
    return {
      x: () => tf.mul(unfold(dy, x!, axis), tf.cast(tf.equal(x!, unfold(y!, x!, axis)), 'float32')),
    };
  });

export const reductionGradients: readonly tf.GradConfig[] = [
  gradientOf<Axis>('Sum', { inputs: ['x'] }, (dy, [x], { axis }) => ({ x: () => repeated(dy, x!, axis) })),
  gradientOf<Axis>('Mean', { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => repeated(tf.div(dy, countOf(x!, axis)), x!, axis),
  })),
  extreme('Max', 'reductionIndices'),
  extreme('Min', 'axis'),
  flat('ArgMax', 'x'),
  flat('ArgMin', 'x'),
  gradientOf<{ axis: number; exclusive: boolean; reverse: boolean }>(
    'Cumsum',
    {},
    (dy, _, { axis, exclusive, reverse }) => ({ x: () => tf.cumsum(dy, axis, exclusive, !reverse) }),
  ),
  gradientOf<{ dim: number }>('Softmax', { output: true }, (dy, [y], { dim }) => ({
    logits: () => tf.mul(y!, tf.sub(dy, tf.sum(tf.mul(dy, y!), dim, true))),
  })),
  gradientOf<Axis>('LogSoftmax', { output: true }, (dy, [y], { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.exp(y!))),
  })),
];
