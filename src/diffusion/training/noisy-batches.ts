/** What a step of training needs: latents with noise, times and classes, all a function of the seed and the step. */
import type { DiffusionModelConfig, DiffusionOptions } from '../../config/options/diffusion-options.js';
import { endlessBatches } from '../../latents/reading/epochs/endless-batches.js';
import { assertFiniteLatents } from '../../latents/reading/finite-latents.js';
import type { LatentBatch } from '../../latents/reading/rows.js';
import type { LatentStore } from '../../latents/reading/store.js';
import { normals, randomStream } from '../../random.js';
import { normalize } from '../model/normalization.js';
import { type Process, processes } from '../process/process.js';

export interface NoisyBatch {
  /** Normalised, without noise: [B, h, w, Z]. */
  readonly latents: Float32Array;
  /** From N(0, 1), likewise. */
  readonly noise: Float32Array;
  /** In [0, 1], [B]; `alphas` and `sigmas` are the process' at these times. */
  readonly times: Float32Array;
  readonly alphas: Float32Array;
  readonly sigmas: Float32Array;
  /** Positions among the classes, or their number where the network is told none: [B]. */
  readonly classes: Int32Array;
}

export interface NoisyBatchOptions extends Pick<DiffusionOptions, 'batch' | 'seed' | 'posterior' | 'mirror'> {
  /** Share of the images whose class is kept back. */
  readonly labelDropout: number;
  /** Of the images to use. */
  readonly indices: Uint32Array;
  /** Steps that are over. */
  readonly stepsDone: number;
}

/** @throws UserError for a latent that is no finite number */
export async function* noisyBatches(
  store: LatentStore,
  model: DiffusionModelConfig,
  options: NoisyBatchOptions,
): AsyncGenerator<NoisyBatch, void, void> {
  const { posterior, stepsDone } = options;
  const sample = posterior === 'sample' ? 'posterior' : 'mean';
  let step = stepsDone;
  for await (const batch of endlessBatches(store, { ...options, sample, firstBatch: stepsDone })) {
    yield await noisyBatch(store, batch, model, options, ++step);
  }
}

async function noisyBatch(
  store: LatentStore,
  { latents, labels, indices }: LatentBatch,
  { process: name, normalization, denoiser }: DiffusionModelConfig,
  { seed, labelDropout }: NoisyBatchOptions,
  step: number,
): Promise<NoisyBatch> {
  await assertFiniteLatents(store, latents, indices);
  const process = processes[name];
  const random = randomStream('diffusion times', seed, step);
  const dropout = randomStream('label dropout', seed, step);
  const none = denoiser.classes.length;
  const times = Float32Array.from(labels, () => process.drawTime(random));
  return {
    latents: normalize(latents, normalization),
    noise: normals(latents.length, 'diffusion noise', seed, step),
    ...mixtureAt(process, times),
    classes: labels.map((label) => (dropout.uniform() < labelDropout || label < 0 || label >= none ? none : label)),
  };
}

export function mixtureAt(process: Process, times: Float32Array): Pick<NoisyBatch, 'times' | 'alphas' | 'sigmas'> {
  return { times, alphas: times.map(process.alpha), sigmas: times.map(process.sigma) };
}
