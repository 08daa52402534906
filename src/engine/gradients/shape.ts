/** Gradients of what moves numbers, repeats them or picks some of them. */
import * as tf from '@tensorflow/tfjs-core';
import { flat, gradientOf, type InputGradients, unbroadcast } from './gradient.js';

const start = (rank: number): number[] => new Array<number>(rank).fill(0);

/** tfjs names the inputs of a list by their position. */
const ofList = (gradients: readonly (() => tf.Tensor)[]): InputGradients =>
  Object.fromEntries(gradients.map((gradient, index) => [index, gradient]));

/** The inverse of a transposition. */
function inverse(permutation: readonly number[]): number[] {
  const places = new Array<number>(permutation.length);
  permutation.forEach((axis, place) => {
    places[axis] = place;
  });
  return places;
}

/** dy of rows that were picked, added up where they came from. */
function scatterRows(dy: tf.Tensor, indices: tf.Tensor, shape: readonly number[], axis: number): tf.Tensor {
  const rank = shape.length;
  const front = [axis, ...start(rank).flatMap((_, other) => (other === axis ? [] : [other]))];
  const picked = indices.size;
  const flattened = tf.reshape(dy, [...shape.slice(0, axis), picked, ...shape.slice(axis + 1)]);
  const rows = tf.transpose(flattened, front);
  const sums = tf.unsortedSegmentSum(rows, tf.reshape(indices, [picked]) as tf.Tensor1D, shape[axis] as number);
  return tf.transpose(sums, inverse(front));
}

export const shapeGradients: readonly tf.GradConfig[] = [
  ...['Reshape', 'ExpandDims'].map((name) => {
    const input = name === 'Reshape' ? 'x' : 'input';
    return gradientOf(name, { inputs: [input] }, (dy, [x]) => ({ [input]: () => tf.reshape(dy, x!.shape) }));
  }),
  gradientOf<{ perm: number[] }>('Transpose', {}, (dy, _, { perm }) => ({ x: () => tf.transpose(dy, inverse(perm)) })),
  gradientOf<{ dims: number | number[] }>('Reverse', {}, (dy, _, { dims }) => ({
    x: () => tf.reverse(dy, tf.util.parseAxisParam(dims, dy.shape)),
  })),
  gradientOf('BroadcastTo', { inputs: ['x'] }, (dy, [x]) => ({ x: () => unbroadcast(dy, x!.shape) })),
  gradientOf<{ reps: number[] }>('Tile', { inputs: ['x'] }, (dy, [x], { reps }) => ({
    x: () => {
      const split = x!.shape.flatMap((size, axis) => [reps[axis] as number, size]);
      const repeated = x!.shape.map((_, axis) => 2 * axis);
      return tf.reshape(tf.sum(tf.reshape(dy, split), repeated), x!.shape);
    },
  })),
  ...['PadV2', 'MirrorPad'].map((name) =>
    gradientOf<{ paddings: [number, number][] }>(name, { inputs: ['x'] }, (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy,
          paddings.map(([before]) => before),
          x!.shape,
        ),
    })),
  ),
  gradientOf<{ begin: number[]; size: number[] }>('Slice', { inputs: ['x'] }, (dy, [x], { begin }) => ({
    x: () =>
      tf.pad(
        dy,
        x!.shape.map((size, axis) => {
          const before = begin[axis] ?? 0;
          return [before, size - before - (dy.shape[axis] as number)];
        }),
      ),
  })),
  {
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc(dy, inputs, attributes) {
      const { axis } = attributes as unknown as { axis: number };
      const along = tf.util.parseAxisParam(axis, inputs[0]!.shape)[0] as number;
      let next = 0;
      const begins = inputs.map(({ shape }) => {
        const begin = next;
        next += shape[along] as number;
        return begin;
      });
      return ofList(
        inputs.map(({ shape }, index) => () => {
          const from = start(shape.length);
          from[along] = begins[index] as number;
          return tf.slice(dy as tf.Tensor, from, shape);
        }),
      );
    },
  },
  {
    kernelName: 'SplitV',
    gradFunc: (dy, _, attributes) => ({
      x: () => tf.concat(dy as tf.Tensor[], (attributes as unknown as { axis: number }).axis),
    }),
  },
  {
    kernelName: 'Pack',
    saveAllInputs: true,
    gradFunc(dy, _, attributes) {
      const { axis } = attributes as unknown as { axis: number };
      return ofList(tf.unstack(dy as tf.Tensor, axis).map((part) => () => part));
    },
  },
  {
    kernelName: 'Unpack',
    gradFunc: (dy, _, attributes) => ({
      value: () => tf.stack(dy as tf.Tensor[], (attributes as unknown as { axis: number }).axis),
    }),
  },
  gradientOf<{ axis: number }>('GatherV2', { inputs: ['x', 'indices'] }, (dy, [x, indices], { axis }) => {
    const along = tf.util.parseAxisParam(axis, x!.shape)[0] as number;
    return {
      x: () => scatterRows(dy, indices!, x!.shape, along),
      indices: () => tf.zerosLike(tf.cast(indices!, 'float32')),
    };
  }),
  flat('OneHot', 'indices'),
];
