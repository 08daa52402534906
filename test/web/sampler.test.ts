/** The page's sampler draws what the command draws. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { toChannelsFirst, toChannelsLast } from '../../src/channel-axes.js';
import type { DenoiserConfig } from '../../src/config/networks/denoiser.js';
import type { DiffusionModelConfig } from '../../src/config/options/diffusion-options.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { exportDiffusionOnnx } from '../../src/diffusion/model/export-diffusion.js';
import { drawLatents } from '../../src/diffusion/sampling/draw-latents.js';
import { selectEngine } from '../../src/engine/select.js';
import { normals } from '../../src/random.js';
import { openSampler } from '../../src/web/sampling/sampler.js';
import { temporaryFolder } from '../latents/fixture.js';

const classes = ['cat', 'dog'];
const dit = (classes: string[]): DenoiserConfig => {
  return { backbone: 'dit', latentShape: [4, 6, 3], classes, width: 16, depth: 1, heads: 2, patch: 2 };
};
const cases: readonly [string, DenoiserConfig, DiffusionModelConfig['process']][] = [
  ['a flow with classes', dit(classes), 'flow'],
  ['noise without classes', dit([]), 'epsilon'],
  [
    'a network without an input for classes',
    { backbone: 'unet', latentShape: [8, 8, 3], classes: [], channels: [8, 16], blocks: 1, normGroups: 4 },
    'flow',
  ],
  ['vectors', { backbone: 'mlp', latentShape: [1, 1, 12], classes, width: 16, depth: 1 }, 'flow'],
];

it.each(cases)('for %s', async (_, config, process) => {
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
  const weights = (name: string, size: readonly number[]) =>
    tf.tensor(
      normals(tf.util.sizeFromShape([...size]), name).map((value) => value / 10),
      [...size],
    );
  const denoiser = createDenoiser(config, { weights });
  const channels = config.latentShape[2];
  const model: DiffusionModelConfig = {
    denoiser: config,
    process,
    normalization: { mean: Array.from({ length: channels }, (_, at) => at / 10), std: Array(channels).fill(2) },
    tokenizer: { sha256: 'a'.repeat(64), name: 'none', path: null },
  };
  const folder = join(await temporaryFolder(), 'onnx');
  await exportDiffusionOnnx({ denoiser, config: model }, folder);
  const label = config.classes.length > 0 ? 1 : 0;
  const options = { samplerSteps: 4, seed: 3, batch: 1 };
  const drawing = drawLatents({ denoiser, config: model }, [{ number: 0, class: label }], options);
  const wanted = (await drawing.next()).value;

  const files = {
    denoiser: await readFile(join(folder, 'denoiser.onnx')),
    config: JSON.parse(await readFile(join(folder, 'diffusion.json'), 'utf8')),
  };
  const sampler = await openSampler(ort, files, ['cpu']);
  const steps: number[] = [];
  const latent = await sampler.sample({ class: label, steps: 4, seed: 3, onStep: (_, done) => void steps.push(done) });
  expect(steps).toEqual([1, 2, 3, 4]);
  expect(sampler.classes).toEqual(config.classes);
  const drawn = toChannelsLast(latent, [sampler.channels, sampler.height, sampler.width]);
  expect(drawn.length).toBe(wanted?.latents.length);
  for (const [at, value] of drawn.entries()) expect(value).toBeCloseTo(wanted?.latents[at] as number, 4);
  await sampler.dispose();
});

it('turns axes and back', () => {
  const last = Float32Array.of(1, 10, 2, 20, 3, 30);
  expect([...toChannelsFirst(last, [2, 1, 3])]).toEqual([1, 2, 3, 10, 20, 30]);
  expect(toChannelsLast(toChannelsFirst(last, [2, 1, 3]), [2, 1, 3])).toEqual(last);
});
