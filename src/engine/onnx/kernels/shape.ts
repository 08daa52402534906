/** Kernels that move elements without computing. Identity, Reshape and empty casts are aliases and never get here. */
import * as tf from '@tensorflow/tfjs-core';
import { inverse, permuted, type Shape } from '../graph/layout.js';
import { commonLayout, GraphValue } from '../graph/value.js';
import type { TensorMeta } from '../numbers.js';
import { anyType, defineKernel, type KernelSpec, numeric, presentInputs } from './kernel.js';

const axisOf = (axis: number, shape: Shape): number => tf.util.parseAxisParam(axis, [...shape])[0] as number;

const concat = defineKernel<{ axis: number }>({
  name: 'Concat',
  inputs: 'list',
  dtypes: anyType,
  infer(inputs, { axis }) {
    const shapes = inputs.map((input) => [...input.shape]);
    const along = axisOf(axis, shapes[0]!);
    tf.backend_util.assertParamsConsistent(shapes, along);
    return [{ shape: tf.backend_util.computeOutShape(shapes, along), dtype: inputs[0]!.dtype }];
  },
  lower({ graph, inputs, metas, attributes, outputs: [output] }) {
    const parts = inputs.filter((input) => input !== undefined);
    const layout = commonLayout(parts, output!.shape.length);
    const axis = layout.indexOf(axisOf(attributes.axis, metas[0]!.shape));
    const names = parts.map((part) => part.form(layout));
    return [GraphValue.of(graph, output!, graph.concat(names, axis), layout)];
  },
});

interface SplitAttributes {
  axis: number;
  numOrSizeSplits: number | number[];
}

function splitSizes(meta: TensorMeta, { axis, numOrSizeSplits }: SplitAttributes): [axis: number, sizes: number[]] {
  const along = axisOf(axis, meta.shape);
  return [along, tf.backend_util.prepareSplitSize({ shape: [...meta.shape] } as tf.Tensor, numOrSizeSplits, along)];
}

const split = defineKernel<SplitAttributes>({
  name: 'SplitV',
  returnsArray: true,
  inputs: ['x'],
  dtypes: anyType,
  infer([x], attributes) {
    const [along, sizes] = splitSizes(x!, attributes);
    return sizes.map((part) => ({
      shape: x!.shape.map((size, axis) => (axis === along ? part : size)),
      dtype: x!.dtype,
    }));
  },
  lower({ graph, inputs: [x], metas: [meta], attributes, outputs }) {
    const [along, sizes] = splitSizes(meta!, attributes);
    const layout = x!.preferred;
    const names = graph.split(x!.form(layout), sizes, layout.indexOf(along));
    return names.map((name, index) => GraphValue.of(graph, outputs[index]!, name, layout));
  },
});

interface SliceAttributes {
  begin: number | number[];
  size?: number | number[];
}

/** Throws where the slice is no part of the tensor. */
function sliceBounds(shape: Shape, { begin, size }: SliceAttributes): { begins: number[]; sizes: number[] } {
  const meta = { shape: [...shape], rank: shape.length } as tf.Tensor;
  const [begins, sizes] = tf.slice_util.parseSliceParams(meta, begin, size) as [number[], number[]];
  tf.slice_util.assertParamsValid(meta, begins, sizes);
  return { begins, sizes };
}

const slice = defineKernel<SliceAttributes>({
  name: 'Slice',
  inputs: ['x'],
  dtypes: anyType,
  infer: ([x], attributes) => [{ shape: sliceBounds(x!.shape, attributes).sizes, dtype: x!.dtype }],
  lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
    const { begins, sizes } = sliceBounds(meta!.shape, attributes);
    const layout = x!.preferred;
    const cut = layout.filter((axis) => begins[axis] !== 0 || sizes[axis] !== meta!.shape[axis]);
    const source = x!.form(layout);
    if (cut.length === 0) return [GraphValue.of(graph, output!, graph.node('Identity', [source]), layout)];
    const name = graph.node('Slice', [
      source,
      graph.int64s(cut.map((axis) => begins[axis]!)),
      graph.int64s(cut.map((axis) => begins[axis]! + sizes[axis]!)),
      graph.int64s(cut.map((axis) => layout.indexOf(axis))),
    ]);
    return [GraphValue.of(graph, output!, name, layout)];
  },
});

const pad = defineKernel<{ paddings: [number, number][]; constantValue: number }>({
  name: 'PadV2',
  inputs: ['x'],
  dtypes: numeric,
  supports: ([x], { paddings }) => x!.shape.length > 0 && paddings.flat().every((size) => size >= 0),
  infer: ([x], { paddings }) => [
    { shape: x!.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]), dtype: x!.dtype },
  ],
  lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
    const layout = x!.preferred;
    const physical = permuted(attributes.paddings, layout);
    const amounts = [...physical.map(([before]) => before), ...physical.map(([, after]) => after)];
    const fill = graph.scalar(attributes.constantValue, meta!.dtype);
    return [GraphValue.of(graph, output!, graph.node('Pad', [x!.form(layout), graph.int64s(amounts), fill]), layout)];
  },
});

const mirrorPad = defineKernel<{ paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>({
  name: 'MirrorPad',
  inputs: ['x'],
  dtypes: numeric,
  supports: (_inputs, { mode }) => mode === 'reflect',
  infer: ([x], { paddings }) => [
    { shape: x!.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]), dtype: x!.dtype },
  ],
  lower({ graph, inputs: [x], attributes, outputs: [output] }) {
    const layout = x!.preferred;
    const physical = permuted(attributes.paddings, layout);
    const amounts = [...physical.map(([before]) => before), ...physical.map(([, after]) => after)];
    const name = graph.node('Pad', [x!.form(layout), graph.int64s(amounts)], { mode: 'reflect' });
    return [GraphValue.of(graph, output!, name, layout)];
  },
});

const tile = defineKernel<{ reps: number[] }>({
  name: 'Tile',
  inputs: ['x'],
  dtypes: anyType,
  infer: ([x], { reps }) => [{ shape: x!.shape.map((size, axis) => size * reps[axis]!), dtype: x!.dtype }],
  lower({ graph, inputs: [x], attributes, outputs: [output] }) {
    const layout = x!.preferred;
    const repeats = graph.int64s(permuted(attributes.reps, layout));
    return [GraphValue.of(graph, output!, graph.node('Tile', [x!.form(layout), repeats]), layout)];
  },
});

/** Only gives the axes new names: whoever wants them in order elsewhere pays for the move. */
const transpose = defineKernel<{ perm: number[] }>({
  name: 'Transpose',
  inputs: ['x'],
  dtypes: anyType,
  infer: ([x], { perm }) => [{ shape: permuted(x!.shape, perm), dtype: x!.dtype }],
  lower({ graph, inputs: [x], attributes, outputs: [output] }) {
    const newName = inverse(attributes.perm);
    const layout = permuted(newName, x!.preferred);
    return [GraphValue.of(graph, output!, x!.form(x!.preferred), layout)];
  },
});

const gather = defineKernel<{ axis: number; batchDims: number }>({
  name: 'GatherV2',
  inputs: ['x', 'indices'],
  dtypes: anyType,
  supports: ([, indices], { batchDims }) => (batchDims ?? 0) === 0 && indices!.dtype === 'int32',
  infer([x, indices], { axis }) {
    const along = axisOf(axis, x!.shape);
    return [{ shape: x!.shape.toSpliced(along, 1, ...indices!.shape), dtype: x!.dtype }];
  },
  lower({ graph, inputs: [x, indices], metas: [meta], attributes, outputs: [output] }) {
    const axis = axisOf(attributes.axis, meta!.shape);
    return [GraphValue.of(graph, output!, graph.node('Gather', [x!.logical(), indices!.logical()], { axis }))];
  },
});

const pack = defineKernel<{ axis: number }>({
  name: 'Pack',
  inputs: 'list',
  dtypes: anyType,
  infer(inputs, { axis }) {
    const { shape, dtype } = inputs[0]!;
    for (const other of inputs) {
      tf.util.assertShapesMatch([...shape], [...other.shape], 'All tensors passed to stack must have matching shapes');
      tf.util.assert(dtype === other.dtype, () => 'All tensors passed to stack must have matching dtypes');
    }
    return [{ shape: shape.toSpliced(axis, 0, inputs.length), dtype }];
  },
  lower(call) {
    const { graph, attributes, outputs, metas } = call;
    const slot = metas[0]!.shape.toSpliced(attributes.axis, 0, 1);
    const names = presentInputs(call as never).map((input) => input.view(slot).logical());
    return [GraphValue.of(graph, outputs[0]!, graph.concat(names, attributes.axis))];
  },
});

const unpack = defineKernel<{ axis: number }>({
  name: 'Unpack',
  returnsArray: true,
  inputs: ['value'],
  dtypes: anyType,
  supports: ([value]) => value!.shape.length > 0,
  infer([value], { axis }) {
    const along = axisOf(axis, value!.shape);
    const meta = { shape: value!.shape.toSpliced(along, 1), dtype: value!.dtype };
    return Array.from({ length: value!.shape[along]! }, () => meta);
  },
  lower({ graph, inputs: [value], metas: [meta], attributes, outputs }) {
    const axis = axisOf(attributes.axis, meta!.shape);
    return outputs.map((output, index) => {
      const taken = graph.node('Gather', [value!.logical(), graph.scalar(index, 'int32')], { axis });
      return GraphValue.of(graph, output, taken);
    });
  },
});

const reverse = defineKernel<{ dims: number[] }>({
  name: 'Reverse',
  inputs: ['x'],
  dtypes: numeric,
  infer([x], { dims }) {
    // Throws where there is no such axis.
    tf.util.parseAxisParam(dims, [...x!.shape]);
    return [x!];
  },
  lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
    const layout = x!.preferred;
    const axes = tf.util.parseAxisParam(attributes.dims, [...meta!.shape]).map((axis) => layout.indexOf(axis));
    const all = (value: number) => graph.int64s(axes.map(() => value));
    const source = x!.form(layout);
    const beforeFirst = -(2 ** 31);
    const name =
      axes.length === 0
        ? graph.node('Identity', [source])
        : graph.node('Slice', [source, all(-1), all(beforeFirst), graph.int64s(axes), all(-1)]);
    return [GraphValue.of(graph, output!, name, layout)];
  },
});

export const shapeKernels: readonly KernelSpec[] = [
  ...[concat, split, slice, pad, mirrorPad, tile, transpose, gather, pack, unpack, reverse],
];
