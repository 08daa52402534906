/** Other tfjs backends, in this process. */
import * as tf from '@tensorflow/tfjs';
import { note } from '../../scripts/cli/output.js';
import { type Contender, contenderOf, type Workload } from './race.js';

/** The workload on another backend, or null where its package is not installed. */
export async function tfjsPeer(
  packageName: string,
  backend: string,
  prepare: () => Workload,
): Promise<Contender | null> {
  try {
    await import(packageName);
  } catch {
    note(`${packageName} is not installed.`);
    return null;
  }
  await tf.setBackend(backend);
  return contenderOf(prepare(), () => tf.setBackend(backend));
}
