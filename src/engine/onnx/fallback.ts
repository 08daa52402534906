/** Kernels that this engine does not have run on tfjs' cpu backend. */
import * as tf from '@tensorflow/tfjs';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { OnnxBackend } from './backend.js';

/** The cpu backend, without the advertisement that it prints on first use. */
export function quietCpuBackend(): MathBackendCPU {
  const backend = tf.findBackend('cpu') as MathBackendCPU;
  (backend as unknown as { firstUse: boolean }).firstUse = false;
  return backend;
}

type KernelParameters = Parameters<tf.KernelFunc>[0];

/** Runs a cpu kernel on tensors of this engine. */
export function runOnCpu(kernelName: string, { inputs, attrs }: KernelParameters, engine: OnnxBackend) {
  const cpu = quietCpuBackend();
  const temporary: tf.TensorInfo[] = [];
  const copy = (tensor: tf.TensorInfo | undefined) => {
    if (tensor?.dataId === undefined) return tensor;
    const info = cpu.makeTensorInfo(tensor.shape, tensor.dtype, engine.readSync(tensor.dataId) as tf.TypedArray);
    temporary.push(info);
    return info;
  };
  const copyAll = (entry: tf.TensorInfo | tf.TensorInfo[]) => (Array.isArray(entry) ? entry.map(copy) : copy(entry));
  const entries = Object.entries(inputs).map(([name, entry]) => [name, copyAll(entry as tf.TensorInfo)] as const);
  const cpuInputs = Array.isArray(inputs) ? entries.map(([, entry]) => entry) : Object.fromEntries(entries);
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu');
  const result = kernelFunc({ inputs: cpuInputs as tf.NamedTensorInfoMap, attrs: attrs ?? {}, backend: cpu });
  const takeOver = (tensor: tf.TensorInfo): tf.TensorInfo => {
    const values = cpu.data.get(tensor.dataId).values as tf.BackendValues;
    return { dataId: engine.write(values, tensor.shape, tensor.dtype), shape: tensor.shape, dtype: tensor.dtype };
  };
  const taken = Array.isArray(result) ? result.map(takeOver) : takeOver(result);
  for (const info of [...temporary, result].flat()) cpu.disposeIntermediateTensorInfo(info);
  return taken;
}
