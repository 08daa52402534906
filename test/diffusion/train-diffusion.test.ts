import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type DiffusionOptions,
  diffusionOptionsSchema,
  type ProcessName,
  samplingOptionsSchema,
} from '../../src/config/options/diffusion-options.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { storeMeasures } from '../../src/diffusion/evaluation/store-measures.js';
import { processes } from '../../src/diffusion/process/process.js';
import { drawLatents, evenlyAmongClasses } from '../../src/diffusion/sampling/draw-latents.js';
import { createDiffusionState } from '../../src/diffusion/training/diffusion-state.js';
import { diffusionStep } from '../../src/diffusion/training/diffusion-step.js';
import { noisyBatches } from '../../src/diffusion/training/noisy-batches.js';
import { resolveDiffusion } from '../../src/diffusion/training/resolve-diffusion.js';
import { resumeDiffusion, trainDiffusion } from '../../src/diffusion/training/train-diffusion.js';
import { selectEngine } from '../../src/engine/select.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { randomStream } from '../../src/random.js';
import { learningRateAt } from '../../src/training/step/schedule.js';
import { encodeTestFolder, imageSize, temporaryFolder } from '../latents/fixture.js';
import { spoilLatent } from '../latents/spoil-latent.js';

let folder: string;
let latents: string;

/** Pictures of one colour: dark ones in `night`, light ones in `day`. */
async function writeShades(root: string, classOf: (index: number) => string, count = 48): Promise<void> {
  for (let index = 0; index < count; index++) {
    const path = join(root, classOf(index), `${String(index).padStart(3, '0')}.png`);
    await mkdir(dirname(path), { recursive: true });
    const base = index % 2 === 0 ? 40 : 200;
    const random = randomStream('shade', index);
    const [r = 0, g = 0, b = 0] = [0, 1, 2].map(() => base + random.integer(20));
    await sharp({ create: { width: imageSize, height: imageSize, channels: 3, background: { r, g, b } } })
      .png()
      .toFile(path);
  }
}

const nightAndDay = (index: number) => (index % 2 === 0 ? 'night' : 'day');

beforeAll(async () => {
  folder = await temporaryFolder();
  latents = join(folder, 'latents');
  await writeShades(join(folder, 'pictures'), nightAndDay);
  await encodeTestFolder(join(folder, 'pictures'), latents);
});

const optionsFor = (options: Partial<DiffusionOptions>) =>
  diffusionOptionsSchema.parse({ preset: 'mlp-tiny', batch: 16, warmupSteps: 5, threads: 1, ...options });

const train = (name: string, options: Partial<DiffusionOptions>, store = latents) =>
  trainDiffusion(store, optionsFor(options), join(folder, name));

/** Log and weights of a run; of the weights their sha256, since megabytes that differ make no message. */
async function resultOf(name: string) {
  const weights = await readFile(join(folder, name, 'model.safetensors'));
  const log = await readFile(join(folder, name, 'metrics.jsonl'), 'utf8');
  return { log: log.split('\n'), weights: createHash('sha256').update(weights).digest('hex') };
}

/** A small network trained for a moment, by the parts that `trainDiffusion` is made of. */
async function trainSmall(name: ProcessName, steps: number) {
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
  await using store = await openLatents(latents);
  const options = optionsFor({ process: name });
  const { diffusion } = resolveDiffusion(store, options, null);
  const { latentShape, classes } = diffusion.denoiser;
  const config = { ...diffusion, denoiser: { backbone: 'mlp', latentShape, classes, width: 48, depth: 2 } as const };
  const state = createDiffusionState(createDenoiser(config.denoiser, { seed: 0 }), 0);
  const indices = Uint32Array.from({ length: store.length }, (_, index) => index);
  let step = 0;
  for await (const batch of noisyBatches(store, config, { ...options, indices, stepsDone: 0 })) {
    const learningRate = learningRateAt(++step, step / steps, { ...options, learningRate: 5e-3 });
    await diffusionStep(state, batch, { process: processes[name], learningRate, gradientClip: 1 });
    if (step === steps) break;
  }
  return { denoiser: state.denoiser, config };
}

test('what is drawn of a class looks like its pictures', async () => {
  const model = await trainSmall('flow', 400);
  expect(model.config.denoiser.classes).toEqual(['day', 'night']);
  const sums = [0, 0];
  const options = samplingOptionsSchema.parse({ samplerSteps: 20, batch: 10 });
  for await (const { images, latents: drawn } of drawLatents(model, evenlyAmongClasses(32, 2), options)) {
    const floats = drawn.length / images.length;
    images.forEach(({ class: position }, index) => {
      const values = drawn.subarray(index * floats, (index + 1) * floats);
      sums[position] = sums[position]! + values.reduce((sum, value) => sum + value, 0) / floats / 16;
    });
  }
  // Colours around 210 and 50 of 255, in [-1, 1].
  expect(sums[0]).toBeCloseTo(0.647, 0.5);
  expect(sums[1]).toBeCloseTo(-0.608, 0.5);
});

test('an interrupted and resumed run equals an uninterrupted one bit for bit', async () => {
  const options = { steps: 6, sampleSteps: 4, checkpointSteps: 5, batch: 4 } as const;
  await train('whole', options);
  const controller = new AbortController();
  const hooks = {
    signal: controller.signal,
    onProgress: ({ step }: { step: number }) => step === 3 && controller.abort(),
  };
  const broken = await trainDiffusion(latents, optionsFor(options), join(folder, 'broken'), hooks);
  expect(broken).toMatchObject({ steps: 3, interrupted: true });
  await resumeDiffusion(latents, join(folder, 'broken'));
  expect(await resultOf('broken')).toEqual(await resultOf('whole'));
});

describe('what stands in the way is told in a sentence', () => {
  test('mirrored latents that are not there', async () => {
    await expect(train('mirrored', { mirror: true, steps: 1 })).rejects.toThrow(/encode with --mirrored/);
  });

  test.each([
    ['training', { batch: 48 }],
    ['validation', { validation: '**/005.png' }],
  ] as const)('a latent that is no number, in the latents of %s', async (side, options) => {
    const store = join(folder, `nan-${side}`);
    await encodeTestFolder(join(folder, 'pictures'), store);
    const name = await spoilLatent(store, '005.png', Number.NaN);
    const sentence = `${store}: the latent of ${name} holds NaN, wanted finite numbers`;
    await expect(train(`nan-run-${side}`, { steps: 3, ...options }, store)).rejects.toThrow(sentence);
    await expect(storeMeasures(store)).rejects.toThrow(sentence);
  });

  test('a training that diverges says at which rate to train again', async () => {
    const run = { steps: 9, checkpointSteps: 1, learningRate: 1e30, warmupSteps: 0, gradientClip: 0 };
    await expect(train('diverged', run)).rejects.toThrow(/loss became Infinity.*train again with --learning-rate/);
  });
});

test('a store of one class trains without classes, and says so', async () => {
  const store = join(folder, 'one-class');
  await writeShades(join(folder, 'one'), () => 'all');
  await encodeTestFolder(join(folder, 'one'), store);
  await using opened = await openLatents(store);
  const { diffusion } = resolveDiffusion(opened, optionsFor({}), null);
  expect(diffusion.denoiser.classes).toEqual([]);
  const warnings: string[] = [];
  await trainDiffusion(store, optionsFor({ steps: 1 }), join(folder, 'one-class-run'), {
    onWarning: (sentence) => warnings.push(sentence),
  });
  expect(warnings).toContainEqual(expect.stringContaining('All latents are of one class, all,'));
  const model = { config: diffusion, denoiser: createDenoiser(diffusion.denoiser, { seed: 0 }) };
  const guided = drawLatents(model, evenlyAmongClasses(2, 0), samplingOptionsSchema.parse({ guidance: 2 }));
  await expect(guided.next()).rejects.toThrow(/without classes/);
});
