/**
 * Functions of tensors that are called again and again, such as a training step. An engine that compiles has seen after a few
 * calls what such a function asks for, and asks itself from then on: building the tape of gradients of a small network takes
 * longer than many of its kernels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { OnnxBackend } from './onnx/backend.js';
import { type NamedTensors, Repetition } from './onnx/repetition.js';

/** A call of a function whose work is kept. */
export interface RepeatedCall {
  /** Names everything that the function depends on besides tensors: numbers, switches, texts. */
  readonly key: string;
  /** What differs from call to call, numbers that change as scalars. */
  readonly inputs: readonly tf.Tensor[];
  /** What the function reads and assigns to. */
  readonly variables: readonly tf.Variable[];
}

/**
 * Computes what a function asks for; called again alike, does the same work without calling it.
 *
 * @returns what `compute` returns, or would return: the caller disposes of it
 */
export type Repeat = <Outputs extends NamedTensors>(call: RepeatedCall, compute: () => Outputs) => Outputs;

/**
 * Makes a caller of one function, which must have no other effect than its outputs and the variables it assigns to, and read
 * no tensor's numbers. Two calls in a row that ask for the same are enough: from then on the function is not called, until the
 * key or a shape changes. A number left out of `inputs` is noticed where it differs between these calls, and the function is
 * then called every time; one that begins to change later is not.
 */
export function createRepeat(): Repeat {
  let latest: { key: string; repetition: Repetition; isConfirmed: boolean } | undefined;
  return <Outputs extends NamedTensors>(call: RepeatedCall, compute: () => Outputs): Outputs => {
    const backend = tf.backend();
    if (!(backend instanceof OnnxBackend)) return tf.tidy(compute);
    const before = latest?.key === call.key ? latest : undefined;
    const outputs = before?.isConfirmed && before.repetition.run(backend, call);
    if (outputs) return outputs as Outputs;
    const values = [...call.inputs, ...call.variables].map((tensor) => backend.lookUp(tensor));
    return backend.traced(
      () => tf.tidy(compute),
      (result, work) => {
        const repetition = work && Repetition.of(backend, work, values, call, result);
        const isConfirmed = before !== undefined && repetition?.equals(before.repetition) === true;
        latest?.repetition.dispose(backend);
        latest = repetition ? { key: call.key, repetition, isConfirmed } : undefined;
        return result;
      },
    );
  };
}
