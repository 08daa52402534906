import { beforeAll, expect, test } from 'vitest';
import { selectEngine } from '../../../src/engine/select.js';
import { classifierAccuracy } from '../../../src/evaluation/generation/classifier.js';
import { nearestNeighbours } from '../../../src/evaluation/generation/neighbours.js';
import { membersOf, precisionRecall } from '../../../src/evaluation/generation/precision-recall.js';
import { randomStream } from '../../../src/random.js';

const rows = (...values: number[]) => ({ values: Float64Array.from(values), features: 1 });

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }));

test('nearest neighbours of points on a line', async () => {
  const nearest = await nearestNeighbours(rows(0.4, 9), rows(0, 1, 5));
  expect(nearest).toEqual([
    { row: 0, distance: expect.closeTo(0.4, 5) },
    { row: 2, distance: expect.closeTo(4, 5) },
  ]);
});

test('a picture lies among others within their distance to the k-th neighbour', async () => {
  // With one neighbour the surroundings of 0 and 1 reach 1 far, those of 10 reach 9 far.
  expect(await membersOf(rows(0, 1, 10), rows(-0.9, -1.1, 2, 18.9, 19.1), 1)).toEqual([1, 0, 1, 1, 0]);
});

test('precision tells bad pictures, recall tells missing ones', async () => {
  const random = randomStream('precision');
  const cloud = (count: number, center: number) => Array.from({ length: count }, () => center + random.normal());
  const real = rows(...cloud(200, 0), ...cloud(200, 100));
  const oneKind = await precisionRecall(real, rows(...cloud(400, 0)), 0);
  expect(oneKind.precision.mean).toBeGreaterThan(0.95);
  expect(oneKind.recall.mean).toBeCloseTo(0.5, 1);
  const spoilt = await precisionRecall(real, rows(...cloud(200, 0), ...cloud(200, 100), ...cloud(400, 50)), 0);
  expect(spoilt.precision.mean).toBeCloseTo(0.5, 1);
  expect(spoilt.recall.mean).toBeGreaterThan(0.95);
  await expect(precisionRecall(rows(0, 1), real, 0)).rejects.toThrow(/draw more/);
});

test('a classifier learns what is there to learn, and nothing from labels that mean nothing', async () => {
  const size = 8;
  const pictures = (count: number, seed: string, isMeaningful: boolean) => {
    const random = randomStream(seed);
    const labels = Int32Array.from({ length: count }, () => random.integer(2));
    const shades = labels.map((label) => (isMeaningful ? label : random.integer(2)));
    const images = new Float32Array(count * size * size * 3);
    shades.forEach((shade, index) => {
      for (let at = 0; at < size * size * 3; at++) {
        // Stripes along one axis or the other.
        const position = Math.floor(at / 3);
        const line = shade === 0 ? position % size : Math.floor(position / size);
        images[index * size * size * 3 + at] = (line % 2) - 0.5 + 0.3 * random.normal();
      }
    });
    return { images, labels };
  };
  const options = { size, classes: 2, seed: 0, seenImages: 1280 };
  const learned = await classifierAccuracy(pictures(64, 'a', true), pictures(100, 'b', true), options);
  expect(learned.mean).toBeGreaterThan(0.95);
  const guessed = await classifierAccuracy(pictures(64, 'c', false), pictures(100, 'd', true), options);
  expect(guessed.mean).toBeLessThan(0.7);
});
