import { beforeAll, expect, test } from 'vitest';
import {
  assertFits,
  countOfParameters,
  memoryOfEncoding,
  memoryOfTrainingState,
} from '../../src/autoencoder/memory.js';
import { modelConfigSchema, presets, resolveRunConfig, trainOptionsSchema } from '../../src/config/config.js';
import { machineMemoryBytes } from '../../src/engine/rehearse.js';
import { selectEngine } from '../../src/engine/select.js';
import { memoryOfPictures } from '../../src/latents/encoding-memory.js';
import { openObjective } from '../../src/losses/open-objective.js';
import { assertStateFits, memoryOfSteps } from '../../src/training/step/memory.js';

const engine = { engine: 'onnxruntime', device: 'cpu', threads: 1 } as const;
beforeAll(() => selectEngine(engine));

const runConfig = (options: object) => resolveRunConfig('photos', trainOptionsSchema.parse(options));
const needOf = async (options: object) => {
  const config = runConfig(options);
  return memoryOfSteps(
    config,
    await openObjective(config.objective, { size: config.options.size, inChannels: 3 }, 0),
    1,
  );
};

// What the processes took (VmHWM of `npm run bench -- memory` and of `train`), see experiments/LOG.md.
test.each([
  [{ preset: 'kl-f8-tiny', size: 128, batch: 8, objective: 'mse' }, 1114],
  [{ preset: 'kl-f8', size: 256, batch: 1, objective: 'mse' }, 4725],
  [{ preset: 'fast-f8', size: 64, batch: 16 }, 412],
  [{ preset: 'fast-f8c16', size: 128, batch: 16 }, 785],
  [{ preset: 'kl-f8-tiny', size: 128, batch: 16 }, 2184],
  [{ preset: 'kl-f8-tiny', size: 128, batch: 16, accumulate: 8 }, 693],
  [{ preset: 'vector-vae', size: 64, batch: 16 }, 1231],
  [{ preset: 'vector-vae', size: 96, batch: 8 }, 1527],
  [{ preset: 'fast-vector', size: 128, batch: 16 }, 1705],
  [{ preset: 'vector-vae', size: 128, batch: 16 }, 4259],
])('the memory of a training of %j is told to a fifth', async (options, measuredMiB) => {
  const { bytes, sentence } = await needOf(options);
  expect(bytes / 2 ** 20 / measuredMiB).toBeGreaterThan(0.8);
  expect(bytes / 2 ** 20 / measuredMiB).toBeLessThan(1.25);
  expect(sentence).toMatch(/ M parameters, about .* of memory for a step of \d+ images? of \d+×\d+ px/);
});

test('parts of a step and checkpoints want less', async () => {
  const options = { preset: 'kl-f8-tiny', size: 64, batch: 8 };
  const [whole, parts, checkpointed] = await Promise.all(
    [{}, { accumulate: 4 }, { gradientCheckpointing: true }].map((more) => needOf({ ...options, ...more })),
  );
  expect(parts?.bytes).toBeLessThan(whole?.bytes as number);
  expect(checkpointed?.bytes).toBeLessThan(whole?.bytes as number);
});

test('parameters are counted without making them', () => {
  expect(countOfParameters(modelConfigSchema.parse(presets['kl-f8'].model(256)))).toBe(83_653_863);
  // 81.5 times those of 64 px: a side that cannot be halved to 4 px makes the dense layers wide.
  const { parameters, bytes } = memoryOfTrainingState(
    countOfParameters(runConfig({ preset: 'vector-vae', size: 100 }).model),
  );
  expect(parameters).toBeGreaterThan(6e8);
  expect(bytes).toBeGreaterThan(19e9);
});

test('a training that no machine has memory for is refused, and told a size that fits', () => {
  expect(() => assertStateFits(runConfig({ preset: 'vector-vae', size: 4000 }))).toThrow(
    /parameters, about .* TB of memory .*: choose --size \d+, which fits\.$/,
  );
});

test('pictures of any size are refused before anything of their size is made', async () => {
  // A step of them wants terabytes: what is free does not matter.
  await expect(needOf({ preset: 'kl-f8-tiny', size: 32768 })).rejects.toThrow(
    /^This wants 3\.\d+ M parameters, about .* [TP]B of memory for a step of 16 images of 32768×32768 px, and should take no more than .* are free: choose --size \d+, which fits\.$/,
  );
});

test('encoding wants memory for what is computed at once', () => {
  const config = modelConfigSchema.parse(presets['fast-f8'].model(64));
  const [small, large] = [256, 512].map((side) => memoryOfEncoding(config, [1, side, side]).bytes);
  expect(large).toBeGreaterThan(small as number);
  const { sentence } = memoryOfPictures({ config, size: 256, batch: 100, engine });
  expect(sentence).toContain('encoding 4 pictures of 256 px at once');
  // Pictures that wait in their batch count too, and their latents.
  const needOf = (batch: number, more = {}) => memoryOfPictures({ config, size: 256, batch, engine, ...more }).bytes;
  const [picture, latent] = [256 * 256 * 3, 2 * 32 * 32 * 4];
  expect(needOf(100) - needOf(4)).toBe(96 * (8 * picture + 16 * latent));
  expect(needOf(100, { mirrored: true }) - needOf(100)).toBe(100 * (4 * picture + 16 * latent));
  const bucketing = { area: 256 * 250, multiple: 64, buckets: [] };
  expect(needOf(100, { size: bucketing })).toBe(needOf(100));
  expect(() => memoryOfPictures({ config, size: 65536, batch: 1, engine })).toThrow(/--size 1024, or --tile/);
  // Where what waits is too much, and not what is computed; half of what is advised, since less may be free a moment later.
  const waiting = (batch: number) => memoryOfPictures({ config, size: 256, batch, engine });
  let advice = '';
  try {
    waiting(2 ** 30);
  } catch (error) {
    advice = String(error);
  }
  const batch = Number(/choose --batch (\d+), which fits/.exec(advice)?.[1]);
  expect(batch).toBeGreaterThan(100);
  expect(() => waiting(batch / 2)).not.toThrow();
});

// What the processes took (`encode` of 49 photographs), see experiments/LOG.md, "What the largest parameter wants".
test.each([
  ['photo-f8', { size: 256 }, 259],
  ['photo-f8', { size: 512 }, 362],
  ['photo-f8c16', { size: 1024 }, 890],
  ['photo-f8c16', { size: 512, mirrored: true }, 472],
])('the memory of encoding with %s and %j is told to a fifth', (model, plan, measuredMb) => {
  const preset = model === 'photo-f8' ? 'fast-f8' : 'fast-f8c16';
  const config = modelConfigSchema.parse(presets[preset].model(64));
  const { bytes } = memoryOfPictures({ config, batch: 16, engine, ...plan });
  expect(bytes / 1e6 / measuredMb).toBeGreaterThan(0.8);
  expect(bytes / 1e6 / measuredMb).toBeLessThan(1.25);
});

test('the first remedy that is enough is the one named', () => {
  const need = { parameters: 5, bytes: 2 * machineMemoryBytes() };
  const remedies = [
    ['--a', () => false],
    ['--b', () => true],
    ['--c', () => true],
  ] as const;
  expect(() => assertFits(need, 'a step', remedies)).toThrow('choose --b, which fits.');
  expect(() => assertFits({ ...need, bytes: 1 }, 'a step', remedies)).not.toThrow();
});
