/** Makes a standalone ONNX model of any function on tensors: the kernel table that trains also exports. */
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../../errors.js';
import type { OnnxBackend } from './backend.js';
import { lowerRecords } from './graph/compile.js';
import { type Graph, plainTarget } from './graph/graph.js';
import { identity, isIdentity, type Permutation, permuted, relayout } from './graph/layout.js';
import { type ConstantDefinition, encodeModel, type ModelDefinition } from './graph/model.js';
import { backendName } from './register.js';
import type { Value } from './trace/trace.js';

export interface ExportOptions {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Leaves the first axis of every input and output open. Default false. */
  readonly dynamicBatch?: boolean;
}

type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/**
 * The bytes of an ONNX file that computes `compute`, with all numbers that it reads (weights, constants) inside. Inputs and
 * outputs have tfjs' shapes (images are NHWC).
 *
 * @param exampleInputs give shapes and types; their numbers are not used
 * @throws UserError unless the onnxruntime engine is in use, or where a graph cannot leave its batch size open
 */
export function traceToOnnx(
  compute: TensorFunction,
  exampleInputs: readonly tf.Tensor[],
  { inputNames, outputNames, dynamicBatch = false }: ExportOptions,
): Uint8Array {
  if (tf.getBackend() !== backendName) {
    throw new UserError(`Got engine ${tf.getBackend()}, ONNX models are exported by --engine ${backendName} alone.`);
  }
  const shapes = exampleInputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const resized = (batch: number) => shapes.map(({ shape, dtype }) => ({ shape: [batch, ...shape.slice(1)], dtype }));
  if (!dynamicBatch) return encodeModel(traceModel(compute, shapes, { inputNames, outputNames }));
  const [two, three] = [2, 3].map((batch) => traceModel(compute, resized(batch), { inputNames, outputNames }));
  return encodeModel(openBatch(two as ModelDefinition, three as ModelDefinition));
}

function traceModel(
  compute: TensorFunction,
  inputs: readonly { shape: number[]; dtype: tf.DataType }[],
  names: Pick<ExportOptions, 'inputNames' | 'outputNames'>,
): ModelDefinition {
  const backend = tf.backend() as OnnxBackend;
  let model: ModelDefinition | undefined;
  tf.tidy(() => {
    const tensors = inputs.map(({ shape, dtype }) =>
      tf.tensor(new Float32Array(tf.util.sizeFromShape(shape)), shape, dtype),
    );
    const { work, results } = backend.capture(() => [compute(...tensors)].flat());
    const inputValues = new Map(tensors.map((tensor, index) => [backend.lookUp(tensor), index]));
    const nameLeaf = (graph: Graph, leaf: Value, layout: Permutation): string => {
      const index = inputValues.get(leaf);
      if (index === undefined)
        return graph.weights(
          leaf.dtype,
          permuted(leaf.shape, layout),
          numbersIn(layout, leaf),
          `leaf ${work.leaves.indexOf(leaf)}`,
        );
      const name = graph.input(leaf.dtype, leaf.shape, names.inputNames[index]);
      return isIdentity(layout) ? name : graph.transpose(name, layout);
    };
    const { graph, values } = lowerRecords(work, plainTarget, nameLeaf);
    results.forEach((result, index) => {
      const value = values.get(result);
      if (!value)
        throw new UserError(`Output ${names.outputNames[index]} does not depend on the inputs: leave it out.`);
      graph.output(value.logical(), result.dtype, result.shape, names.outputNames[index]);
    });
    model = { ...graph.finish(), inputs: graph.inputs, outputs: graph.outputs };
  });
  return model as unknown as ModelDefinition;
}

function numbersIn(layout: Permutation, leaf: Value) {
  const logical = (tf.backend() as OnnxBackend).numbersOf(leaf);
  return isIdentity(layout) ? logical : relayout(logical, leaf.shape, identity(layout.length), layout);
}

/**
 * Joins the models of two batch sizes: where their shape constants differ, the batch size is left to the runtime (-1). Any
 * other difference means that the function depends on the batch size in a way that a graph cannot leave open.
 */
function openBatch(two: ModelDefinition, three: ModelDefinition): ModelDefinition {
  const reshapeTargets = new Set(
    two.nodes.filter(({ operator }) => operator === 'Reshape').map(({ inputs }) => inputs[1]),
  );
  const isSameWork =
    JSON.stringify(two.nodes) === JSON.stringify(three.nodes) && two.constants.length === three.constants.length;
  if (!isSameWork)
    throw new UserError('The function computes something else for each batch size: export it with a fixed one.');
  const constants = two.constants.map((constant, index) => {
    const other = three.constants[index] as ConstantDefinition;
    if (constant.dtype !== 'int64') return constant;
    const differing = [...(constant.data as BigInt64Array)].filter((size, at) => size !== other.data[at]).length;
    if (differing === 0) return constant;
    if (differing > 1 || !reshapeTargets.has(constant.name)) {
      throw new UserError(
        'The function uses its batch size in a way that ONNX cannot leave open: export it with a fixed one.',
      );
    }
    const open = BigInt64Array.from(constant.data as BigInt64Array, (size, at) =>
      size === other.data[at] ? size : -1n,
    );
    return { ...constant, data: open };
  });
  const opened = (values: ModelDefinition['inputs']) =>
    values.map(({ name, dtype, shape }) => ({ name, dtype, shape: ['batch', ...shape.slice(1)] }));
  return { nodes: two.nodes, constants, inputs: opened(two.inputs), outputs: opened(two.outputs) };
}
