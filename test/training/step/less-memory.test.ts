/** What is advised where a training wants too much memory is something that it would begin with. */
import { expect, test } from 'vitest';
import { resolveRunConfig, type TrainingFacts, trainOptionsSchema } from '../../../src/config/config.js';
import { inLessMemory, smallerPictures } from '../../../src/training/step/less-memory.js';

const configOf = (options: object, facts?: TrainingFacts) =>
  resolveRunConfig('photos', trainOptionsSchema.parse({ preset: 'fast-f8', objective: 'mse', ...options }), facts);
const advised = (options: object, processes = 1) =>
  [...inLessMemory(configOf(options), processes)].map(([flags]) => flags);
const sidesFor = (options: object, facts?: TrainingFacts) =>
  [...smallerPictures(configOf(options, facts))].map(([flags]) => Number(/^--size (\d+)$/.exec(flags)?.[1]));

test('first more and more parts of a step, then checkpoints, then smaller pictures', () => {
  const options = { size: 64, batch: 8 };
  const flags = ['--accumulate 2', '--accumulate 4', '--accumulate 8', '--accumulate 8 --gradient-checkpointing'];
  expect(advised(options)).toEqual([...flags, '--size 48', '--size 32', '--size 24']);
  const typed = [
    { accumulate: 2 },
    { accumulate: 4 },
    { accumulate: 8 },
    { accumulate: 8, gradientCheckpointing: true },
    { size: 48 },
    { size: 32 },
    { size: 24 },
  ];
  // What is advised is what typing it makes.
  const changed = [...inLessMemory(configOf(options), 1)].map(([, config]) => config);
  expect(changed).toEqual(typed.map((more) => configOf({ ...options, ...more })));
});

test('parts go on from those that there are, and share the images evenly with all processes', () => {
  const options = { size: 24, batch: 96, accumulate: 3 };
  expect(advised(options)).toEqual([
    ...['6', '12', '24', '48'].map((parts) => `--accumulate ${parts}`),
    '--accumulate 48 --gradient-checkpointing',
  ]);
  expect(advised(options, 8)).toEqual([
    '--accumulate 6',
    '--accumulate 12',
    '--accumulate 12 --gradient-checkpointing',
  ]);
  expect(advised({ size: 24, batch: 3 })).toEqual(['--gradient-checkpointing']);
  expect(advised({ size: 24, batch: 3, gradientCheckpointing: true })).toEqual([]);
});

test('pictures become smaller where the network may change with them', () => {
  expect(sidesFor({ size: 1032 })).toEqual([1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32, 24]);
  expect(sidesFor({ size: 64, preset: 'vector-vae' })).toEqual([48, 32, 24]);
  const { model } = configOf({ size: 64 });
  expect(sidesFor({ size: 64 }, { model, isOwn: true })).toEqual([]);
  expect(sidesFor({ size: 64, from: 'runs/a' }, { model })).toEqual([]);
});

test('they stay as large as network and objective want them', () => {
  expect(sidesFor({ size: 128, preset: 'fast-f16c32' })).toEqual([96, 64, 48, 32]);
  // Grids of latents that can be halved: not 3×3.
  expect(sidesFor({ size: 64, equivarianceWeight: 1 })).toEqual([48, 32]);
  expect(sidesFor({ size: 64, perceptual: 'builtin' })).toEqual([48, 32]);
  expect(sidesFor({ size: 64, detailWeight: 1 })).toEqual([48, 32, 24]);
  const adversarial = { size: 64, adversarialWeight: 1, discriminatorLayers: 4 };
  expect(sidesFor(adversarial)).toEqual([48]);
  expect(sidesFor({ ...adversarial, discriminatorLayers: 3 })).toEqual([48, 32, 24]);
});

test('networks that are told classes still are', () => {
  const classes = ['cat', 'dog'];
  const options = { preset: 'fast-cvae', objective: 'vanilla', size: 32 };
  const [[, config]] = [...smallerPictures(configOf(options, { classes }))] as [[string, object]];
  expect(config).toEqual(configOf({ ...options, size: 24 }, { classes }));
});

test('a fault of the program is no reason to leave a size out', () => {
  const config = configOf({ size: 64 });
  const broken = { ...config, options: { ...config.options, preset: 'no-such' as 'fast-f8' } };
  expect(() => [...smallerPictures(broken)]).toThrow(TypeError);
});
