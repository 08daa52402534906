/** Training steps whose memory and compilation are measured. */
import { modelConfigSchema, presets } from '../../src/config/config.js';
import { autoencoderTraining, network } from '../engine/autoencoder.js';
import type { Workload } from '../engine/race.js';

export const threads = 2;

/** Enough for everything that a training keeps to be there. */
export const steps = 4;

export interface MemoryWorkload {
  readonly prepare: () => Workload;
  /** Seconds that opening the engine, compiling and the first step's bookkeeping may take. */
  readonly compileSeconds: number;
}

const tiny = modelConfigSchema.parse({
  latent: 'spatial',
  blockOutChannels: [32, 32],
  latentChannels: 4,
  imageSize: 16,
});

export const workloads = {
  'kl-f8, 256 px, batch 1': {
    prepare: () => autoencoderTraining(presets['kl-f8'].model, 256, { batch: 1 }),
    compileSeconds: 30,
  },
  'kl-f8, 256 px, batch 1, checkpointed': {
    prepare: () => autoencoderTraining(presets['kl-f8'].model, 256, { batch: 1, checkpointing: true }),
    compileSeconds: 30,
  },
  'kl-f8-tiny, 128 px, batch 8': {
    prepare: () => autoencoderTraining(presets['kl-f8-tiny'].model, 128),
    compileSeconds: 30,
  },
  'kl-f8-tiny, 128 px, batch 8, checkpointed': {
    prepare: () => autoencoderTraining(presets['kl-f8-tiny'].model, 128, { checkpointing: true }),
    compileSeconds: 30,
  },
  'AutoencoderKL 64/128/256, f4, 64 px, batch 8': {
    prepare: () => autoencoderTraining(network(64, 128, 256), 64),
    compileSeconds: 30,
  },
  'AutoencoderKL 32/32, f2, 16 px, batch 1': {
    prepare: () => autoencoderTraining(() => tiny, 16, { batch: 1 }),
    compileSeconds: 1.5,
  },
} as const satisfies Record<string, MemoryWorkload>;
export type WorkloadName = keyof typeof workloads;
