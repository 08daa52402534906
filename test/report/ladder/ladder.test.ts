import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../../src/data/synthetic/write.js';
import { type Ladder, parseLadder } from '../../../src/ladder/ladder-config.js';
import { trainAndCompareLadder } from '../../../src/report/ladder/train-and-compare.js';

const engine = { engine: 'onnxruntime', device: 'cpu', threads: 1 } as const;
const spatial = { preset: 'kl-f4-tiny', channels: [8, 16, 16], normGroups: 8 };
const small = {
  formatVersion: 1,
  title: 'Small',
  images: 6,
  pictures: 3,
  training: { size: 16, batch: 4, steps: 4, validation: '**/*{1,5}.png', checkpointSteps: 1, validationImages: 2 },
  causes: [{ id: 'kl', name: 'the KL term', claim: 'It blurs.' }],
  rows: [
    { id: 'linear', name: 'PCA', summary: 'Linear.', training: { preset: 'pca', latentFloats: 6 } },
    { id: 'full', name: 'Full KL', summary: 'A grid.', seeds: 2, training: { ...spatial, objective: 'vanilla' } },
    {
      id: 'weak',
      name: 'Weak KL',
      summary: 'A grid.',
      seeds: 2,
      training: { ...spatial, objective: 'vanilla', klWeight: 1e-6 },
      against: [{ row: 'full', cause: 'kl', change: 'KL 1 → 1e-6' }],
    },
  ],
};
const runs = ['linear-0', 'full-0', 'full-1', 'weak-0', 'weak-1'];

let folder: string;
let images: string;
let ladder: Ladder;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ladder-'));
  images = join(folder, 'images');
  await writeSyntheticImages(images, { images: 40, size: 16, seed: 3 });
  ladder = parseLadder(small, 'small');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const weights = (out: string, run: string) => readFile(join(out, 'runs', run, 'model.safetensors'));

test('a ladder that was interrupted goes on where it was, trains nothing twice, and ends as if it had not been', async () => {
  const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
  const result = await trainAndCompareLadder(images, ladder, whole, engine);
  expect(result?.report.links[0]?.differences.psnrDb).toMatchObject({ count: 6, seeds: 2 });
  expect(result?.report.links[0]?.settings).toEqual(['objective.klWeight 1 → 0.000001']);
  expect(result?.report.rows.map(({ steps }) => steps)).toEqual([0, 4, 4]);
  expect(result?.report.data.models.map(({ latentFloats }) => latentFloats)).toEqual([6, 128, 128]);

  const interrupt = new AbortController();
  const steps: number[] = [];
  const seen: string[] = [];
  const interrupted = await trainAndCompareLadder(images, ladder, broken, engine, {
    signal: interrupt.signal,
    onRun: ({ row, seed }) => seen.push(`${row.id}-${seed}`),
    onProgress({ step }) {
      steps.push(step);
      if (steps.length === 6) interrupt.abort();
    },
  });
  expect(interrupted).toBeUndefined();
  expect(seen).toEqual(runs.slice(0, 3));
  const before = await stat(join(broken, 'runs', 'full-0', 'model.safetensors'));

  const taken: string[] = [];
  const rest = await trainAndCompareLadder(images, ladder, broken, engine, {
    onRun: ({ row, seed }, { taken: isTaken }) => isTaken && taken.push(`${row.id}-${seed}`),
    onProgress: ({ step }) => steps.push(step),
  });
  expect(taken).toEqual(['linear-0', 'full-0']);
  expect(steps).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  expect((await stat(join(broken, 'runs', 'full-0', 'model.safetensors'))).mtimeMs).toBe(before.mtimeMs);
  for (const run of runs) expect((await weights(broken, run)).equals(await weights(whole, run)), run).toBe(true);
  expect(rest?.report.data.models.map(({ summary }) => summary.psnrDb)).toEqual(
    result?.report.data.models.map(({ summary }) => summary.psnrDb),
  );
});

describe('a ladder is refused', () => {
  test('where its folder holds a training with other options', async () => {
    const changed = parseLadder({ ...small, training: { ...small.training, steps: 5 } }, 'changed');
    const climb = trainAndCompareLadder(images, changed, join(folder, 'whole'), engine);
    await expect(climb).rejects.toThrow(/linear-0 holds a training with another steps than the ladder wants/);
  });

  const [linear, full, weak] = small.rows;
  test.each([
    ['two rows of one id', { rows: [linear, linear] }, /two rows linear/],
    ['a row set against one below it', { rows: [weak, full] }, /weak is set against full, which no row above it is/],
    ['a cause that is none', { causes: [] }, /names the cause kl/],
    ['rows of two sizes', { rows: [linear, { ...full, training: { size: 32 } }] }, /rows of 16 and 32 px/],
    ['an option that train does not have', { training: { size: 16, colour: 'red' } }, /colour/],
    ['a time for a budget', { training: { size: 16, minutes: 3 } }, /minutes/],
  ])('for %s', (_, changes, says) => {
    expect(() => parseLadder({ ...small, ...changes }, 'ladder.json')).toThrow(says);
  });
});
