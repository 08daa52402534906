/** Kernels that this engine does not have run on tfjs' cpu backend. */

import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxBackend } from './backend.js';

/** The cpu backend, without the advertisement that it prints on first use. */
export function quietCpuBackend(): MathBackendCPU {
  const backend = tf.findBackend('cpu') as MathBackendCPU;
  (backend as unknown as { firstUse: boolean }).firstUse = false;
  return backend;
}

type KernelParameters = Parameters<tf.KernelFunc>[0];

/** A complex tensor of the cpu backend, from real and imaginary parts in turn. */
function complexInfo(cpu: MathBackendCPU, shape: number[], values: Float32Array): tf.TensorInfo {
  const parts = tf.backend_util.splitRealAndImagArrays(values);
  const [real, imag] = [parts.real, parts.imag].map((part) => cpu.makeTensorInfo(shape, 'float32', part));
  const { kernelFunc } = tf.getKernel('Complex', 'cpu');
  const complex = kernelFunc({ inputs: { real: real!, imag: imag! }, attrs: {}, backend: cpu }) as tf.TensorInfo;
  for (const part of [real!, imag!]) cpu.disposeIntermediateTensorInfo(part);
  return complex;
}

/** Runs a cpu kernel on tensors of this engine. */
export function runOnCpu(kernelName: string, { inputs, attrs }: KernelParameters, engine: OnnxBackend) {
  const cpu = quietCpuBackend();
  const temporary: tf.TensorInfo[] = [];
  const copy = (tensor: tf.TensorInfo | undefined) => {
    if (tensor?.dataId === undefined) return tensor;
    const values = engine.readSync(tensor.dataId) as Float32Array;
    const info =
      tensor.dtype === 'complex64'
        ? complexInfo(cpu, tensor.shape, values)
        : cpu.makeTensorInfo(tensor.shape, tensor.dtype, values);
    temporary.push(info);
    // Some cpu kernels take their inputs for tensors, which know their rank.
    return { ...info, rank: info.shape.length };
  };
  const copyAll = (entry: tf.TensorInfo | tf.TensorInfo[]) => (Array.isArray(entry) ? entry.map(copy) : copy(entry));
  const entries = Object.entries(inputs).map(([name, entry]) => [name, copyAll(entry as tf.TensorInfo)] as const);
  const cpuInputs = Array.isArray(inputs) ? entries.map(([, entry]) => entry) : Object.fromEntries(entries);
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu');
  const result = kernelFunc({ inputs: cpuInputs as tf.NamedTensorInfoMap, attrs: attrs ?? {}, backend: cpu });
  const takeOver = (tensor: tf.TensorInfo): tf.TensorInfo => {
    const isComplex = tensor.dtype === 'complex64';
    const values = isComplex ? cpu.readSync(tensor.dataId) : (cpu.data.get(tensor.dataId).values as tf.BackendValues);
    return { dataId: engine.write(values, tensor.shape, tensor.dtype), shape: tensor.shape, dtype: tensor.dtype };
  };
  const taken = Array.isArray(result) ? result.map(takeOver) : takeOver(result);
  for (const info of [...temporary, result].flat()) cpu.disposeIntermediateTensorInfo(info);
  return taken;
}
