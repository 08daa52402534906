import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { denoiserConfigOf } from '../../src/config/denoiser.js';
import {
  type DiffusionOptions,
  diffusionOptionsSchema,
  type ProcessName,
  samplingOptionsSchema,
} from '../../src/config/diffusion-options.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { openDiffusion } from '../../src/diffusion/model/open-diffusion.js';
import { processes } from '../../src/diffusion/process/process.js';
import { drawLatents, evenlyAmongClasses } from '../../src/diffusion/sampling/draw-latents.js';
import { createDiffusionState } from '../../src/diffusion/training/diffusion-state.js';
import { diffusionStep } from '../../src/diffusion/training/diffusion-step.js';
import { noisyBatches } from '../../src/diffusion/training/noisy-batches.js';
import { resolveDiffusion } from '../../src/diffusion/training/resolve-diffusion.js';
import { resumeDiffusion, trainDiffusion } from '../../src/diffusion/training/train-diffusion.js';
import { selectEngine } from '../../src/engine/select.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { normals, randomStream } from '../../src/random.js';
import { learningRateAt } from '../../src/training/step/schedule.js';
import { encodeTestFolder, fakeEncoder, imageSize, temporaryFolder } from '../latents/fixture.js';

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

const filesOf = (name: string) =>
  Promise.all(['metrics.jsonl', 'model.safetensors'].map((file) => readFile(join(folder, name, file))));

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

test.each(['flow', 'epsilon'] as const)('%s: what is drawn of a class looks like its pictures', async (name) => {
  const model = await trainSmall(name, 200);
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
  const options = { steps: 6, sampleSteps: 4, checkpointSteps: 5, preset: 'dit-tiny', batch: 4 } as const;
  await train('whole', options);
  const controller = new AbortController();
  const hooks = {
    signal: controller.signal,
    onProgress: ({ step }: { step: number }) => step === 3 && controller.abort(),
  };
  const broken = await trainDiffusion(latents, optionsFor(options), join(folder, 'broken'), hooks);
  expect(broken).toMatchObject({ steps: 3, interrupted: true });
  await resumeDiffusion(latents, join(folder, 'broken'));
  expect(await filesOf('broken')).toEqual(await filesOf('whole'));
});

test('after its second step a training compiles nothing', async () => {
  const compiles: number[] = [];
  const warnings: string[] = [];
  for (const preset of ['dit-tiny', 'unet-tiny'] as const) {
    const onWarning = (sentence: string) => warnings.push(sentence);
    const watched = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }, { onWarning });
    const state = createDiffusionState(createDenoiser(denoiserConfigOf(preset, [4, 4, 2], ['a']), { seed: 0 }), 0.9);
    watched.flush();
    for (let step = 1; step <= 4; step++) {
      const batch = {
        latents: normals(64, 'latents', step),
        noise: normals(64, 'noise', step),
        times: Float32Array.of(0.3, 0.6),
        alphas: Float32Array.of(0.7, 0.4),
        sigmas: Float32Array.of(0.3, 0.6),
        classes: Int32Array.of(0, 1),
      };
      await diffusionStep(state, batch, { process: processes.flow, learningRate: 1e-3 / step, gradientClip: 1 });
      compiles.push(watched.statistics().compiles);
    }
    watched.dispose();
  }
  expect(compiles[3]).toBe(compiles[1]);
  expect(compiles[7]).toBe(compiles[5]);
  expect(warnings).toEqual([]);
});

describe('what stands in the way is told in a sentence', () => {
  test('mirrored latents that are not there', async () => {
    await expect(train('mirrored', { mirror: true, steps: 1 })).rejects.toThrow(/encode with --mirrored/);
  });

  test('a latent that is no number', async () => {
    const pictures = join(folder, 'pictures');
    const store = join(folder, 'broken-latents');
    const encoder = { ...fakeEncoder(), encodeBatch: fakeEncoder().encodeBatch };
    await encodeTestFolder(pictures, store, { encoder });
    await using opened = await openLatents(store);
    const options = optionsFor({});
    const { diffusion } = resolveDiffusion(opened, options, null);
    const spoilt = {
      ...opened,
      shape: opened.shape,
      async useShard<Result>(shard: number, read: (file: never) => Promise<Result>) {
        return opened.useShard(shard, (file) =>
          read({
            ...file,
            readSliceFloat32: async (...slice: [string, number, number]) =>
              (await file.readSliceFloat32(...slice)).fill(Number.NaN),
          } as never),
        );
      },
    };
    const batches = noisyBatches(spoilt as never, diffusion, {
      ...options,
      indices: Uint32Array.of(0, 1),
      stepsDone: 0,
    });
    await expect(batches.next()).rejects.toThrow(/broken-latents: the latent of (day|night)\/0..\.png holds NaN/);
  });

  test('a training that diverges keeps its last checkpoint', async () => {
    const run = { steps: 9, checkpointSteps: 1, learningRate: 1e30, warmupSteps: 0, gradientClip: 0 };
    await expect(train('diverged', run)).rejects.toThrow(/lower --learning-rate/);
  });
});

test('a store of one class trains without classes', async () => {
  const store = join(folder, 'one-class');
  await writeShades(join(folder, 'one'), () => 'all');
  await encodeTestFolder(join(folder, 'one'), store);
  await train('one-class-run', { steps: 2 }, store);
  const model = await openDiffusion(join(folder, 'one-class-run'));
  expect(model.config.denoiser.classes).toEqual([]);
  const guided = drawLatents(model, evenlyAmongClasses(2, 0), samplingOptionsSchema.parse({ guidance: 2 }));
  await expect(guided.next()).rejects.toThrow(/without classes/);
});
