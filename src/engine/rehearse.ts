/** How much memory a computation would take, found without computing it. */
import { totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { OnnxBackend } from './onnx/backend.js';
import { readOperands, type Work } from './onnx/trace/plan.js';
import type { Value } from './onnx/trace/trace.js';

/**
 * The most bytes of tensors that are alive at once while `compute` runs, its own new tensors and what it returns included.
 * Null where the engine in use computes at once and can rehearse nothing.
 *
 * @param compute makes every tensor it reads, with `tf.fill`: numbers that are written down take their memory at once
 */
export function rehearse(compute: () => tf.Tensor[]): number | null {
  const backend = tf.backend();
  if (!(backend instanceof OnnxBackend)) return null;
  const { registeredVariables } = tf.engine();
  const known = new Set(Object.keys(registeredVariables));
  tf.engine().startScope('rehearsal');
  try {
    return largestLive(backend.capture(() => tf.tidy(compute)).work);
  } finally {
    tf.engine().endScope();
    for (const [name, variable] of Object.entries(registeredVariables)) if (!known.has(name)) variable.dispose();
  }
}

function largestLive({ records, results }: Work): number {
  const kept = new Set(results);
  const lastUse = new Map<Value, number>();
  for (const [index, record] of records.entries()) {
    for (const operand of readOperands(record)) if (operand) lastUse.set(operand.value, index);
  }
  const freed = new Map<number, number>();
  let [live, largest] = [0, 0];
  for (const [index, { outputs }] of records.entries()) {
    for (const output of outputs) {
      const bytes = bytesOf(output);
      live += bytes;
      const end = kept.has(output) ? undefined : (lastUse.get(output) ?? index);
      if (end !== undefined) freed.set(end, (freed.get(end) ?? 0) + bytes);
    }
    largest = Math.max(largest, live);
    live -= freed.get(index) ?? 0;
  }
  return largest;
}

const bytesOf = ({ shape, dtype }: Value): number => tf.util.sizeFromShape([...shape]) * tf.util.bytesPerElement(dtype);

/**
 * What this process may use now: what it has, and what is free. Of macOS nobody knows what is free, since the system gives
 * back what it keeps only when it is asked.
 */
export function freeMemoryBytes(): number {
  if (process.platform === 'darwin') return machineMemoryBytes();
  return Math.min(machineMemoryBytes(), process.availableMemory() + process.memoryUsage.rss());
}

/** What this process may use at most: of the machine, or of the container that it runs in. */
export function machineMemoryBytes(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
