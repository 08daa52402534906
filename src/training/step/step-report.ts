/** What a step of any training measured. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Figures from before the update, by name: losses, norms of gradients, and lists with a figure per latent channel.
 */
export type StepReport = Readonly<Record<string, number | readonly number[]>>;

/** Reads scalars and vectors, and disposes of them. */
export async function readReport(measured: Readonly<Record<string, tf.Tensor>>): Promise<StepReport> {
  const entries = Object.entries(measured);
  const values = await Promise.all(entries.map(([, tensor]) => tensor.data<'float32'>()));
  tf.dispose(measured as Record<string, tf.Tensor>);
  return Object.fromEntries(
    entries.map(([name, { rank }], index) => {
      const numbers = [...(values[index] ?? [])];
      return [name, rank === 0 ? (numbers[0] as number) : numbers];
    }),
  );
}
