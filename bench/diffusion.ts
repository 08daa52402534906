/**
 * `npm run bench -- diffusion`: training steps of the denoisers on this engine against the same steps on the same numbers in
 * PyTorch, by turns. A step is forward, backward and Adam, without clipping or moving average.
 */
import type { DenoiserPresetName, LatentShape } from '../src/config/networks/denoiser.js';
import { denoiserTraining } from './engine/denoising.js';
import { runRows, torch } from './engine/rows.js';

const workloads: readonly (readonly [DenoiserPresetName, LatentShape, batch: number])[] = [
  ['dit-tiny', [8, 8, 4], 64],
  ['dit-tiny', [16, 16, 4], 64],
  ['unet-tiny', [8, 8, 4], 64],
  ['mlp-tiny', [1, 1, 256], 64],
];

export const run = (args: readonly string[]): Promise<void> =>
  runRows(
    workloads.map(([preset, shape, batch]) => ({
      name: `${preset}, latents of ${shape.join('×')}, batch ${batch}, training step`,
      target: 1,
      runs: 4,
      rounds: 8,
      peer: torch,
      prepare: () => denoiserTraining(preset, shape, batch),
    })),
    args,
  );
