/** Makes the engine known to tfjs under the name `onnxruntime`. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { OnnxBackend } from './backend.js';
import { runOnCpu } from './fallback.js';
import { registerGradients } from './gradients.js';
import type { KernelSpec } from './kernels/kernel.js';
import { kernelTable } from './kernels/table.js';
import type { NumericType, TensorMeta } from './numbers.js';
import type { ExecutorOptions } from './run/execute.js';

export const backendName = 'onnxruntime';

export interface RegisterOptions extends ExecutorOptions {
  /** Told the name of each kernel that the cpu backend had to compute, once. */
  readonly onFallback?: (kernelName: string) => void;
}

/** Registers the backend; `tf.setBackend('onnxruntime')` then chooses it. Throws a `UserError` where it cannot run. */
export function registerOnnxBackend(options: RegisterOptions): OnnxBackend {
  const backend = new OnnxBackend(options);
  if (tf.findBackend(backendName)) tf.removeBackend(backendName);
  tf.registerBackend(backendName, () => backend);
  registerGradients();
  const reported = new Set<string>();
  const fallBack = (kernelName: string): tf.KernelFunc => {
    return (parameters) => {
      if (!reported.has(kernelName)) options.onFallback?.(kernelName);
      reported.add(kernelName);
      return runOnCpu(kernelName, parameters, parameters.backend as OnnxBackend);
    };
  };
  for (const { kernelName } of tf.getKernelsForBackend(backendName)) tf.unregisterKernel(kernelName, backendName);
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) =>
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  for (const spec of kernelTable) register(spec.name, recorded(spec, fallBack(spec.name)));
  for (const [name, kernelFunc] of Object.entries(aliases)) register(name, kernelFunc);
  const castElements = tf.getKernel('Cast', backendName).kernelFunc;
  tf.unregisterKernel('Cast', backendName);
  register('Cast', (parameters) => castUnlessSame(parameters, castElements));
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!tf.getKernel(kernelName, backendName)) register(kernelName, fallBack(kernelName));
  }
  return backend;
}

/** Records a call that the table covers, and leaves any other to the cpu backend. */
function recorded(spec: KernelSpec, fallBack: tf.KernelFunc): tf.KernelFunc {
  return (parameters) => {
    const { inputs, attrs, backend } = parameters;
    const named = inputs as Record<string, tf.TensorInfo | undefined>;
    const tensors =
      spec.inputs === 'list' ? Object.values(named) : spec.inputs.map((name) => named[name.replace('?', '')]);
    const attributes = attrs ?? {};
    const given = tensors.filter((tensor) => tensor !== undefined && tensor !== null);
    const isCovered =
      given.every(({ dtype }) => spec.dtypes.includes(dtype as NumericType)) &&
      (spec.supports?.(given as TensorMeta[], attributes) ?? true);
    if (!isCovered) return fallBack(parameters);
    const outputs = (backend as OnnxBackend).record(
      spec,
      tensors.map((tensor) => tensor ?? undefined),
      attributes,
    );
    return outputs.length === 1 && !spec.returnsArray ? (outputs[0] as tf.TensorInfo) : outputs;
  };
}

interface Alias {
  inputs: { x: tf.TensorInfo };
  attrs: { shape: number[] };
  backend: OnnxBackend;
}

interface ExpandDims {
  inputs: { input: tf.TensorInfo };
  attrs: { dim: number };
  backend: OnnxBackend;
}

/** Kernels that only give a tensor another name or shape. */
const aliases: Record<string, tf.KernelFunc> = {
  Identity(parameters) {
    const { inputs, backend } = parameters as unknown as Alias;
    return backend.alias(inputs.x, inputs.x.shape);
  },
  Reshape(parameters) {
    const { inputs, attrs, backend } = parameters as unknown as Alias;
    const shape = tf.util.inferFromImplicitShape(attrs.shape, tf.util.sizeFromShape(inputs.x.shape));
    return backend.alias(inputs.x, shape);
  },
  ExpandDims(parameters) {
    const { inputs, attrs, backend } = parameters as unknown as ExpandDims;
    const { shape } = inputs.input;
    const { dim } = attrs;
    const rank = shape.length;
    tf.util.assert(
      dim >= -(rank + 1) && dim <= rank,
      () => `expandDims: got axis ${dim}, wanted ${-rank - 1} to ${rank}`,
    );
    const axis = dim < 0 ? rank + 1 + dim : dim;
    return backend.alias(inputs.input, shape.toSpliced(axis, 0, 1));
  },
};

function castUnlessSame(parameters: Parameters<tf.KernelFunc>[0], cast: tf.KernelFunc) {
  const { inputs, attrs, backend } = parameters as unknown as Alias & { attrs: { dtype: tf.DataType } };
  return inputs.x.dtype === attrs.dtype ? backend.alias(inputs.x, inputs.x.shape) : cast(parameters);
}
