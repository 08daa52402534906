/** The loss on latents that no step has seen. */
import * as tf from '@tensorflow/tfjs-core';
import type { DiffusionModelConfig } from '../../config/options/diffusion-options.js';
import { assertFiniteLatents } from '../../latents/reading/finite-latents.js';
import type { LatentStore } from '../../latents/reading/store.js';
import { normals } from '../../random.js';
import type { Prediction } from '../backbones/prediction.js';
import { normalize } from '../model/normalization.js';
import { processes } from '../process/process.js';
import { diffusionLoss, tensorsOfBatch } from './diffusion-step.js';
import { mixtureAt, type NoisyBatch } from './noisy-batches.js';

/** Latents that are looked at, at most. */
const mostLatents = 256;

/**
 * Means of posteriors with noise and times that are the same at every look, so that looks can be compared: times are spread
 * evenly over the process. In batches of one size, which an engine compiles once.
 *
 * @throws UserError for a latent that is no finite number
 */
export async function validationBatches(
  store: LatentStore,
  { process: name, normalization, denoiser }: DiffusionModelConfig,
  indices: Uint32Array,
  batch: number,
): Promise<NoisyBatch[]> {
  const size = Math.min(batch, indices.length);
  const process = processes[name];
  const batches: NoisyBatch[] = [];
  for (let first = 0; first + size <= Math.min(indices.length, mostLatents); first += size) {
    const held = indices.subarray(first, first + size);
    const rows = await Promise.all([...held].map((index) => store.get(index)));
    const floats = rows[0]!.mean.length;
    const latents = new Float32Array(size * floats);
    rows.forEach(({ mean }, position) => {
      latents.set(mean, position * floats);
    });
    await assertFiniteLatents(store, latents, held);
    const times = Float32Array.from(rows, (_, position) => ((position + 0.5) / size) * process.lastTime);
    const none = denoiser.classes.length;
    batches.push({
      latents: normalize(latents, normalization),
      noise: normals(latents.length, 'validation noise', first),
      ...mixtureAt(process, times),
      classes: Int32Array.from(rows, ({ label }) => (label >= 0 && label < none ? label : none)),
    });
  }
  return batches;
}

export async function validationLoss(
  predict: Prediction,
  { process, denoiser }: DiffusionModelConfig,
  batches: readonly NoisyBatch[],
): Promise<number> {
  let sum = 0;
  for (const batch of batches) {
    const tensors = tensorsOfBatch(batch, denoiser.latentShape);
    const loss = diffusionLoss(predict, processes[process], tensors);
    sum += (await loss.data())[0] as number;
    tf.dispose([loss, Object.values(tensors)]);
  }
  return sum / batches.length;
}
