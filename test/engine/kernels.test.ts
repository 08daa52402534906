/** Every kernel of the engine against tfjs' cpu backend: values, and gradients where there are any. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate, expectClose, normalTensor, useCpu, useOnnxRuntime } from './compare.js';

const { abs, exp, neg, sigmoid, tanh, relu, leakyRelu, square, elu, selu, relu6, erf, softplus, sin, cos, tan } = tf;
const { sinh, cosh, atan, asinh, expm1, softmax, logSoftmax, log, sqrt, rsqrt, reciprocal, log1p, floor, ceil } = tf;
const { round, sign, step, add, sub, mul, div, maximum, minimum, squaredDifference, greater, greaterEqual } = tf;
const { less, lessEqual, equal, notEqual, sum, mean, max, min } = tf;

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Turns normal numbers into numbers that the op is defined for. */
  readonly domain?: (x: tf.Tensor) => tf.Tensor;
  readonly gradient?: false;
  readonly tolerance?: number;
}

const image = [2, 6, 8, 3];
const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.1);
const as4 = (x: tf.Tensor) => x as tf.Tensor4D;

const everywhere = {
  ...{ abs, exp, neg, sigmoid, tanh, relu, leakyRelu, square, elu, selu, relu6, erf, softplus },
  ...{ sin, cos, tan, sinh, cosh, atan, asinh, expm1, softmax, logSoftmax },
};
const onPositive = { log, sqrt, rsqrt, reciprocal, log1p };
const flat = { floor, ceil, round, sign, step, isNaN: tf.isNaN };
const pairwise = { add, sub, mul, div, maximum, minimum, squaredDifference };
const comparing = { greater, greaterEqual, less, lessEqual, equal, notEqual };
const reducing = { sum, mean, max, min };

const unaryOps: Case[] = Object.entries(everywhere).map(([name, op]) => ({
  name,
  shapes: [image],
  run: (x) => op(x!),
}));

const positiveOps: Case[] = Object.entries(onPositive).map(([name, op]) => ({
  name,
  shapes: [image],
  domain: positive,
  run: (x) => op(x!),
}));

const roundings: Case[] = Object.entries(flat).map(([name, op]) => ({
  name,
  shapes: [[4, 7]],
  gradient: false,
  run: (x) => op(x!),
}));

const binaryShapes = [
  [image, image],
  [image, [3]],
  [image, []],
  [image, [2, 1, 1, 3]],
  [image, [8, 1]],
  [[5], [4, 5]],
] as const;
const binaryOps: Case[] = Object.entries(pairwise).flatMap(([name, op]) =>
  binaryShapes.map((shapes) => ({
    name: `${name} ${JSON.stringify(shapes)}`,
    shapes,
    domain: name === 'div' ? positive : (x: tf.Tensor) => x,
    // These gradients of tfjs do not broadcast.
    ...(['maximum', 'minimum', 'squaredDifference'].includes(name) && shapes[0] !== shapes[1]
      ? ({ gradient: false } as const)
      : {}),
    run: (a: tf.Tensor | undefined, b: tf.Tensor | undefined) => op(a!, b!),
  })),
);

const comparisons: Case[] = Object.entries(comparing).map(([name, op]) => ({
  name,
  shapes: [image, image],
  gradient: false,
  run: (a, b) => op(round(a!), round(b!)),
}));

const reductionAxes: (number | number[] | undefined)[] = [undefined, 0, -1, [1, 2], [1, 2, 3], [0, 3]];
const reductions: Case[] = Object.entries(reducing).flatMap(([name, op]) =>
  reductionAxes.flatMap((axis) =>
    [false, true].map((keepDims) => ({
      name: `${name} axis ${axis} keepDims ${keepDims}`,
      shapes: [image],
      run: (x: tf.Tensor | undefined) => op(x!, axis, keepDims),
    })),
  ),
);

const products: Case[] = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({
    name: `matMul ${transposeA} ${transposeB}`,
    shapes: [transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 5, 4] : [2, 4, 5]],
    run: (a: tf.Tensor | undefined, b: tf.Tensor | undefined) => tf.matMul(a!, b!, transposeA, transposeB),
  })),
);

const shapeOps: Case[] = [
  { name: 'concat', shapes: [image, image], run: (a, b) => tf.concat([a!, b!], 2) },
  { name: 'split', shapes: [[2, 6, 8, 4]], run: (x) => tf.split(x!, 2, -1) },
  { name: 'split by sizes', shapes: [[2, 6]], run: (x) => tf.split(x!, [1, 3, 2], 1) },
  { name: 'slice', shapes: [image], run: (x) => tf.slice(x!, [0, 1, 2, 1], [2, 3, -1, 2]) },
  {
    name: 'pad',
    shapes: [image],
    run: (x) =>
      tf.pad(
        x!,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0],
        ],
        0.5,
      ),
  },
  {
    name: 'mirrorPad',
    shapes: [image],
    run: (x) =>
      tf.mirrorPad(
        x!,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0],
        ],
        'reflect',
      ),
    gradient: false,
  },
  { name: 'tile', shapes: [[2, 3, 1]], run: (x) => tf.tile(x!, [1, 2, 3]) },
  { name: 'transpose', shapes: [image], run: (x) => tf.transpose(x!, [2, 0, 3, 1]) },
  {
    name: 'transpose of transpose',
    shapes: [image],
    run: (x) => tf.transpose(tf.transpose(x!, [0, 3, 1, 2]), [1, 0, 3, 2]),
  },
  { name: 'gather', shapes: [[5, 4]], run: (x) => tf.gather(x!, tf.tensor1d([3, 0, 3], 'int32'), 1) },
  {
    name: 'stack',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (a, b) => tf.stack([a!, b!], 1),
  },
  { name: 'unstack', shapes: [[2, 3]], run: (x) => tf.unstack(x!, 1) },
  { name: 'reverse', shapes: [image], run: (x) => tf.reverse(x!, [1, 3]) },
  { name: 'reshape', shapes: [image], run: (x) => tf.mul(tf.reshape(x!, [12, 24]), tf.reshape(x!, [12, 24])) },
  { name: 'broadcastTo', shapes: [[3, 1]], run: (x) => tf.broadcastTo(x!, [2, 3, 4]) },
  { name: 'addN', shapes: [image, image, image], run: (...xs) => tf.addN(xs) },
  { name: 'clip', shapes: [image], run: (x) => tf.clipByValue(x!, -0.5, 0.7) },
  { name: 'prelu', shapes: [image, [3]], run: (x, a) => tf.prelu(x!, a!) },
  { name: 'pow', shapes: [image], domain: positive, run: (x) => tf.pow(x!, 1.5) },
  {
    name: 'where',
    shapes: [image, image],
    run: (a, b) => tf.where(tf.greater(normalTensor(image, 9), 0), tf.mul(a!, 2), b!),
  },
  {
    name: 'where by row',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    run: (a, b) => tf.where(tf.tensor2d([true, false, true, true], [4, 1]), a!, b!),
    gradient: false,
  },
  {
    name: 'casts',
    shapes: [image],
    run: (x) => [tf.cast(tf.mul(x!, 3), 'int32'), tf.cast(x!, 'bool')],
    gradient: false,
  },
  { name: 'arg', shapes: [image], run: (x) => [tf.argMax(x!, -1), tf.argMin(x!, 2)], gradient: false },
  {
    name: 'fill',
    shapes: [image],
    run: (x) => [tf.zerosLike(x!), tf.onesLike(x!), tf.fill([2, 3], 4)],
    gradient: false,
  },
  {
    name: 'moments',
    shapes: [image],
    run: (x) => {
      const { mean, variance } = tf.moments(x!, [1, 2]);
      return [mean, variance];
    },
  },
];

const convolutions: Case[] = [
  ...(
    [
      ['same', 1],
      ['same', 2],
      ['valid', 1],
      ['valid', 2],
      [1, 1],
      [1, 2],
    ] as const
  ).flatMap(([pad, stride]) =>
    [1, 3, 4]
      .filter((size) => typeof pad === 'string' || size > 1)
      .map((size) => ({
        name: `conv2d ${size}×${size} stride ${stride} pad ${pad}`,
        shapes: [
          [2, 7, 9, 3],
          [size, size, 3, 5],
        ],
        run: (x: tf.Tensor | undefined, w: tf.Tensor | undefined) =>
          tf.conv2d(as4(x!), as4(w!), stride, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined),
      })),
  ),
  {
    name: 'conv2d explicit pad',
    shapes: [
      [2, 8, 8, 3],
      [3, 3, 3, 4],
    ],
    run: (x, w) =>
      tf.conv2d(as4(x!), as4(w!), 2, [
        [0, 0],
        [0, 1],
        [0, 1],
        [0, 0],
      ]),
  },
  {
    name: 'conv2dTranspose',
    shapes: [
      [2, 4, 5, 3],
      [4, 4, 2, 3],
    ],
    run: (x, w) => tf.conv2dTranspose(as4(x!), as4(w!), [2, 8, 10, 2], 2, 'same'),
  },
  {
    name: 'dilated conv2d',
    shapes: [
      [2, 8, 8, 3],
      [3, 3, 3, 4],
    ],
    gradient: false,
    run: (x, w) => tf.conv2d(as4(x!), as4(w!), 1, 'same', 'NHWC', 2),
  },
];

const others: Case[] = [
  { name: 'maxPool', shapes: [[2, 8, 8, 3]], run: (x) => tf.maxPool(as4(x!), 2, 2, 'valid') },
  { name: 'maxPool overlapping', shapes: [[2, 7, 7, 3]], run: (x) => tf.maxPool(as4(x!), 3, 2, 'same') },
  { name: 'avgPool', shapes: [[2, 8, 8, 3]], run: (x) => tf.avgPool(as4(x!), 2, 2, 'valid') },
  { name: 'avgPool overlapping', shapes: [[2, 9, 9, 3]], run: (x) => tf.avgPool(as4(x!), 3, 2, 'valid') },
  { name: 'nearest ×2', shapes: [[1, 3, 4, 2]], run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [6, 8]) },
  {
    name: 'nearest odd',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [7, 4]),
  },
  {
    name: 'nearest half pixel',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [7, 4], false, true),
  },
  { name: 'bilinear', shapes: [[2, 5, 5, 2]], run: (x) => tf.image.resizeBilinear(as4(x!), [7, 4]) },
  {
    name: 'bilinear half pixel',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeBilinear(as4(x!), [10, 12], false, true),
  },
  { name: 'bilinear aligned', shapes: [[2, 5, 5, 2]], run: (x) => tf.image.resizeBilinear(as4(x!), [9, 11], true) },
  {
    name: 'batchNorm',
    shapes: [image, [3], [3], [3], [3]],
    tolerance: 2e-5,
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        as4(x!),
        mean as tf.Tensor1D,
        positive(variance!) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
];

const cases = [
  ...[unaryOps, positiveOps, roundings, binaryOps, comparisons, reductions, products, shapeOps, convolutions, others],
].flat();

/** The value, and the gradients of a weighted sum of it with respect to every input. */
function valuesAndGradients({ shapes, run, domain = (x) => x, gradient }: Case): tf.Tensor[] {
  const inputs = shapes.map((shape, index) => domain(normalTensor(shape, index)));
  const values = [run(...inputs)].flat();
  if (gradient === false) return values;
  const weighted = (...xs: tf.Tensor[]) => {
    const terms = [run(...xs)].flat().map((y, index) => tf.sum(tf.mul(y, normalTensor(y.shape, 100 + index))));
    return tf.addN(terms) as tf.Scalar;
  };
  return [...values, ...tf.grads(weighted)(inputs)];
}

describe('kernels equal those of the cpu backend', () => {
  const references = new Map<string, tf.TypedArray[]>();

  beforeAll(async () => {
    await useCpu();
    for (const entry of cases)
      references.set(
        entry.name,
        evaluate(() => valuesAndGradients(entry)),
      );
    await useOnnxRuntime();
  });

  it.each(cases.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
    const before = tf.memory().numDataBuffers;
    const got = evaluate(() => valuesAndGradients(entry));
    expectClose(got, references.get(name) as tf.TypedArray[], entry.tolerance ?? 3e-6, name);
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});
