/** The gradients of all processes become those of the whole step, on each of them the same to the last bit. */
import * as tf from '@tensorflow/tfjs-core';
import type { Quantization } from '../../autoencoder/posterior.js';
import { readInto } from '../../engine/read-into.js';
import type { World } from '../../mpi/world.js';
import type { Exchange, StepGradients } from '../step/gradients.js';

const groups = ['autoencoder', 'discriminator', 'measures'] as const;

/**
 * Means are averaged over the ranks, in one buffer for all tensors of a step; they are added up in the order of the ranks, as
 * micro-batches are in theirs. What a codebook learns from is gathered, so that every rank counts all of it.
 */
export function createExchange(world: World): Exchange {
  let buffer = new Float32Array(0);
  return async (own) => {
    const named = groups.flatMap((group) =>
      Object.entries(own[group]).map(([name, tensor]) => ({ group, name, tensor })),
    );
    const length = named.reduce((sum, { tensor }) => sum + tensor.size, 0);
    if (buffer.length !== length) buffer = new Float32Array(length);
    let start = 0;
    const places = new Map<tf.Tensor, number>();
    for (const { tensor } of named) {
      await readInto(tensor, buffer.subarray(start, start + tensor.size));
      places.set(tensor, start);
      start += tensor.size;
    }
    await world.sum(buffer);
    if (world.size > 1)
      for (let index = 0; index < length; index++) buffer[index] = (buffer[index] as number) / world.size;
    const all: Record<(typeof groups)[number], Record<string, tf.Tensor>> = {
      autoencoder: {},
      discriminator: {},
      measures: {},
    };
    for (const { group, name, tensor } of named) {
      const first = places.get(tensor) as number;
      // Views of the buffer: the update has been computed by the time of the next exchange.
      all[group][name] = tf.tensor(buffer.subarray(first, first + tensor.size), tensor.shape);
    }
    const quantizations = await gatherQuantizations(world, own.quantizations);
    tf.dispose(own as unknown as tf.TensorContainer);
    return { ...all, quantizations } satisfies StepGradients;
  };
}

/** Of all ranks, in their order: one for every part. */
async function gatherQuantizations(world: World, own: readonly Quantization[]): Promise<Quantization[]> {
  const gathered: Quantization[][] = [];
  for (const { encoded, codes } of own) {
    const outputs = await world.gather(bytesOf(await encoded.data<'float32'>()));
    const chosen = await world.gather(bytesOf(await codes.data<'int32'>()));
    gathered.push(
      outputs.map((bytes, rank) => ({
        encoded: tf.tensor4d(new Float32Array(bytes.buffer), encoded.shape),
        codes: tf.tensor1d(new Int32Array((chosen[rank] as Uint8Array).buffer), 'int32'),
      })),
    );
  }
  // The parts of rank 0 come first, then those of rank 1, as the images of a step do.
  return Array.from({ length: world.size }, (_, rank) => gathered.map((part) => part[rank] as Quantization)).flat();
}

/** The same memory as bytes. */
export const bytesOf = (values: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
