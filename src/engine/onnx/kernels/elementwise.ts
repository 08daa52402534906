/** Kernels that compute each output element from the elements at the same place. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.js';
import { sizeOf } from '../graph/layout.js';
import { elementCode, float } from '../graph/model.js';
import { commonLayout, GraphValue } from '../graph/value.js';
import type { NumericType, TensorMeta } from '../numbers.js';
import {
  anyType,
  defineKernel,
  elementwise,
  floatOnly,
  type KernelCall,
  type KernelSpec,
  numeric,
  presentInputs,
  sameAsFirst,
} from './kernel.js';

type Emit<Attributes extends object> = (
  graph: Graph,
  names: string[],
  attributes: Attributes,
  meta: TensorMeta,
) => string;

function unary<Attributes extends object = object>(
  name: string,
  emit: Emit<Attributes>,
  dtypes: readonly NumericType[] = floatOnly,
): KernelSpec {
  return defineKernel<Attributes>({
    name,
    inputs: ['x'],
    dtypes,
    infer: sameAsFirst,
    lower(call) {
      const { graph, attributes, metas, outputs } = call;
      const emitted = (names: string[]) => emit(graph, names, attributes, metas[0] as TensorMeta);
      return [elementwise(graph, presentInputs(call as KernelCall), outputs[0] as TensorMeta, emitted)];
    },
  });
}

function binary(
  name: string,
  emit: (graph: Graph, names: string[]) => string,
  { dtypes = numeric, result }: { dtypes?: readonly NumericType[]; result?: NumericType } = {},
): KernelSpec {
  return defineKernel({
    name,
    inputs: ['a', 'b'],
    dtypes,
    infer([a, b]) {
      const shape = tf.backend_util.assertAndGetBroadcastShape([...a!.shape], [...b!.shape]);
      return [{ shape, dtype: result ?? a!.dtype }];
    },
    lower(call) {
      return [
        elementwise(call.graph, presentInputs(call), call.outputs[0] as TensorMeta, (names) => emit(call.graph, names)),
      ];
    },
  });
}

const plain =
  (operator: string) =>
  (graph: Graph, names: string[]): string =>
    graph.node(operator, names);

const negated =
  (operator: string) =>
  (graph: Graph, names: string[]): string =>
    graph.node('Not', [graph.node(operator, names)]);

/** tfjs and ONNX call these the same. */
const sameNameUnary = [
  ...['Exp', 'Log', 'Sqrt', 'Sigmoid', 'Tanh', 'Floor', 'Ceil', 'Round', 'Erf', 'Softplus', 'Reciprocal'],
  ...['Sin', 'Cos', 'Tan', 'Sinh', 'Cosh', 'Asin', 'Acos', 'Atan', 'Asinh', 'Acosh', 'Atanh'],
];

const comparison = { result: 'bool' } as const;
const logical = { dtypes: ['bool'], result: 'bool' } as const;

/**
 * x > 0 ? 1 : alpha. Not-a-number stays itself, save with alpha 0: every gradient of ReLU would pay for that, and the
 * gradient that it is multiplied with is not-a-number already.
 */
function step(graph: Graph, [x]: string[], { alpha }: { alpha: number }, { dtype }: TensorMeta): string {
  const isPositive = graph.node('Greater', [x!, graph.scalar(0, dtype)]);
  if (alpha === 0) return graph.node('Cast', [isPositive], { to: elementCode(dtype) });
  const stepped = graph.node('Where', [isPositive, graph.scalar(1, dtype), graph.scalar(alpha, dtype)]);
  return dtype === 'float32' ? graph.node('Where', [graph.node('IsNaN', [x!]), x!, stepped]) : stepped;
}

/** 1, -1 or 0, which is also the sign of not-a-number. */
function sign(graph: Graph, [x]: string[]): string {
  const zero = graph.scalar(0);
  const [above, below] = ['Greater', 'Less'].map((comparison) =>
    graph.node('Cast', [graph.node(comparison, [x!, zero])], { to: elementCode('float32') }),
  );
  return graph.node('Sub', [above!, below!]);
}

const addN = defineKernel({
  name: 'AddN',
  inputs: 'list',
  dtypes: numeric,
  infer: sameAsFirst,
  lower(call) {
    const sum = (names: string[]) => names.reduce((total, name) => call.graph.node('Add', [total, name]));
    return [elementwise(call.graph, presentInputs(call), call.outputs[0] as TensorMeta, sum)];
  },
});

const cast = defineKernel<{ dtype: NumericType }>({
  name: 'Cast',
  inputs: ['x'],
  dtypes: anyType,
  supports: (_inputs, { dtype }) => anyType.includes(dtype),
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  lower(call) {
    const to = elementCode(call.attributes.dtype);
    const emit = (names: string[]) => call.graph.node('Cast', names, { to });
    return [elementwise(call.graph, presentInputs(call as KernelCall), call.outputs[0] as TensorMeta, emit)];
  },
});

/** `x` minus a zero that is made of the first number of `trigger`, whatever that is. */
const after = defineKernel({
  name: 'After',
  inputs: ['x', 'trigger'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower({ graph, inputs: [x, trigger], outputs: [output] }) {
    const numbers = graph.reshape(trigger!.form(trigger!.preferred), [sizeOf(trigger!.shape)]);
    const first = graph.node('Gather', [numbers, graph.constant('int64', [], BigInt64Array.of(0n))]);
    const zero = graph.node('Cast', [graph.node('Less', [first, first])], { to: elementCode('float32') });
    return [elementwise(graph, [x!], output!, (names) => graph.node('Sub', [...names, zero]))];
  },
});

const isNan = defineKernel({
  name: 'IsNan',
  inputs: ['x'],
  dtypes: floatOnly,
  infer: ([x]) => [{ shape: x!.shape, dtype: 'bool' }],
  lower: ({ graph, inputs: [x], outputs: [output] }) => [
    elementwise(graph, [x!], output!, (names) => graph.node('IsNaN', names)),
  ],
});

const select = defineKernel({
  name: 'Select',
  inputs: ['condition', 't', 'e'],
  dtypes: anyType,
  infer: ([_condition, t]) => [t!],
  lower({ graph, inputs: [condition, t, e], outputs: [output] }) {
    const rank = output!.shape.length;
    const isPerRow = condition!.rank === 1 && rank > 1;
    const rows = isPerRow ? condition!.view([...condition!.shape, ...new Array<number>(rank - 1).fill(1)]) : condition!;
    return [elementwise(graph, [rows, t!, e!], output!, (names) => graph.node('Where', names))];
  },
});

function full(name: string, elementOf: (attributes: { value?: number }) => number): KernelSpec {
  return defineKernel<{ value?: number; shape?: number[]; dtype?: NumericType }>({
    name,
    inputs: name === 'Fill' ? [] : ['x'],
    dtypes: anyType,
    shapeOnly: [0],
    supports: (_inputs, attributes) => attributes.dtype === undefined || anyType.includes(attributes.dtype),
    infer: ([x], { shape, dtype }) => [x ?? { shape: shape ?? [], dtype: dtype ?? 'float32' }],
    lower({ graph, attributes, outputs: [output] }) {
      const { shape, dtype } = output!;
      const element = graph.scalar(elementOf(attributes), dtype);
      const filled =
        shape.length === 0 ? graph.node('Identity', [element]) : graph.node('Expand', [element, graph.int64s(shape)]);
      return [GraphValue.of(graph, output!, filled)];
    },
  });
}

const broadcastTo = defineKernel<{ shape: number[] }>({
  name: 'BroadcastTo',
  inputs: ['x'],
  dtypes: anyType,
  infer: ([x], { shape }) => [{ shape, dtype: x!.dtype }],
  lower({ graph, inputs: [x], outputs: [output] }) {
    const layout = commonLayout([x!], output!.shape.length);
    const physicalShape = layout.map((axis) => output!.shape[axis] as number);
    const name = graph.node('Expand', [x!.broadcastForm(layout), graph.int64s(physicalShape)]);
    return [GraphValue.of(graph, output!, name, layout)];
  },
});

export const elementwiseKernels: readonly KernelSpec[] = [
  ...sameNameUnary.map((name) => unary(name, plain(name))),
  unary('Abs', plain('Abs'), numeric),
  unary('Neg', plain('Neg'), numeric),
  unary('Sign', sign),
  unary('Relu', plain('Relu')),
  unary('LogicalNot', plain('Not'), ['bool']),
  unary('Square', (graph, [x]) => graph.node('Mul', [x!, x!]), numeric),
  unary('Rsqrt', (graph, [x]) => graph.node('Reciprocal', [graph.node('Sqrt', [x!])])),
  unary('Log1p', (graph, [x]) => graph.node('Log', [graph.node('Add', [x!, graph.scalar(1)])])),
  unary('Expm1', (graph, [x]) => graph.node('Sub', [graph.node('Exp', [x!]), graph.scalar(1)])),
  unary<{ alpha: number }>('LeakyRelu', (graph, names, { alpha }) =>
    graph.node('LeakyRelu', names, { alpha: float(alpha) }),
  ),
  unary('Elu', plain('Elu')),
  unary('Selu', plain('Selu')),
  unary('Relu6', (graph, [x]) => graph.node('Clip', [x!, graph.scalar(0), graph.scalar(6)])),
  isNan,
  after,
  unary<{ alpha: number }>('Step', step, numeric),
  unary<{ clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    (graph, [x], { clipValueMin, clipValueMax }, { dtype }) =>
      graph.node('Clip', [x!, graph.scalar(clipValueMin, dtype), graph.scalar(clipValueMax, dtype)]),
    numeric,
  ),
  binary('Add', plain('Add')),
  binary('Sub', plain('Sub')),
  binary('Multiply', plain('Mul')),
  binary('RealDiv', plain('Div'), { dtypes: floatOnly }),
  binary('Pow', plain('Pow'), { dtypes: floatOnly }),
  binary('Maximum', plain('Max')),
  binary('Minimum', plain('Min')),
  binary('SquaredDifference', (graph, names) => {
    const difference = graph.node('Sub', names);
    return graph.node('Mul', [difference, difference]);
  }),
  binary('Greater', plain('Greater'), comparison),
  binary('GreaterEqual', plain('GreaterOrEqual'), comparison),
  binary('Less', plain('Less'), comparison),
  binary('LessEqual', plain('LessOrEqual'), comparison),
  binary('Equal', plain('Equal'), comparison),
  binary('NotEqual', negated('Equal'), comparison),
  binary('LogicalAnd', plain('And'), logical),
  binary('LogicalOr', plain('Or'), logical),
  addN,
  cast,
  select,
  full('ZerosLike', () => 0),
  full('OnesLike', () => 1),
  full('Fill', ({ value }) => value ?? 0),
  broadcastTo,
];
