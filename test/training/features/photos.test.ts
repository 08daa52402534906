import { describe, expect, test } from 'vitest';
import { nearestNeighbourAccuracy, rankCorrelation } from '../../../experiments/features/figures.js';
import type { ImageFile } from '../../../src/data/images.js';
import { randomStream } from '../../../src/random.js';
import { writeRandomView } from '../../../src/training/features/augmentation.js';
import { createPhotoSampler, type LabelledPicture } from '../../../src/training/features/photo-batches.js';
import { splitPhotos } from '../../../src/training/features/photo-classes.js';

const grey = (value: number, width = 24, height = 24) => ({
  pixels: new Uint8Array(width * height * 3).fill(value),
  width,
  height,
  originalWidth: width,
  originalHeight: height,
  format: 'png' as const,
  channels: 3 as const,
});

test('no photograph is on two sides, and unseen classes are not trained on', () => {
  const labels = Array.from({ length: 40 }, (_, index) => `caltech101/class-${index}`);
  const files: ImageFile[] = [...labels, 'clothing/hat', 'caltech101/background_google'].flatMap((label) =>
    Array.from({ length: 20 }, (_, index) => {
      const relativePath = `${label}/${(index % 16).toString(16)}${index}.jpg`;
      return { path: `/photos/${relativePath}`, relativePath, label };
    }),
  );
  const split = splitPhotos(files, 0);
  const sides = [split.training, split.probe, split.validation].map((side) => side.map(({ path }) => path));
  expect(new Set(sides.flat()).size).toBe(sides.flat().length);
  expect(split.probe).toHaveLength(40 * 12);
  expect(split.validation.map(({ label }) => label)).toEqual(['clothing/hat', 'clothing/hat']);
  expect(split.unseenLabels.size).toBeGreaterThan(0);
  const learned = labels.filter((label) => !split.unseenLabels.has(label)).sort();
  expect(split.labels).toEqual([...learned, 'clothing/hat']);
  expect(sides.flat().some((path) => path.includes('background'))).toBe(false);
});

describe('a random view', () => {
  const view = (picture: Parameters<typeof writeRandomView>[0], ...key: number[]) => {
    const out = new Float32Array(16 * 16 * 3);
    writeRandomView(picture, 16, randomStream('test', ...key), out, 0);
    return out;
  };

  test('of an even picture is even: its brightness changes, by at most 0.3', () => {
    const seen = [1, 2, 3].map((key) => view(grey(153), key));
    for (const values of seen) {
      expect(Math.max(...values) - Math.min(...values)).toBeLessThan(1e-5);
      expect(Math.abs((values[0] as number) - 0.2)).toBeLessThanOrEqual(0.3);
    }
    expect(new Set(seen.map(([value]) => value)).size).toBe(3);
  });

  test('keeps a ramp a ramp, mirrored or not', () => {
    const ramp = grey(0, 40, 30);
    ramp.pixels.forEach((_, index) => {
      ramp.pixels[index] = 6 * (Math.floor(index / 3) % 40);
    });
    const directions = Array.from({ length: 12 }, (_, key) => {
      const row = view(ramp, key)
        .slice(0, 16 * 3)
        .filter((_, index) => index % 3 === 0);
      const steps = row.slice(1).map((value, index) => value - (row[index] as number));
      expect(Math.max(...steps) * Math.min(...steps)).toBeGreaterThan(0);
      return Math.sign(steps[0] as number);
    });
    expect(new Set(directions)).toEqual(new Set([1, -1]));
  });
});

test('batches are a function of seed and step, and small classes are drawn more often than their share', () => {
  const pictures: LabelledPicture[] = Array.from({ length: 101 }, (_, index) => ({
    picture: grey(100),
    label: index === 0 ? 7 : 3,
  }));
  const sample = createPhotoSampler(pictures, 8, 1);
  expect(sample(5, 4)).toEqual(createPhotoSampler(pictures, 8, 1)(5, 4));
  expect(sample(5, 4)).not.toEqual(sample(6, 4));
  const { labels } = sample(1, 2000);
  const share = labels.filter((label) => label === 7).length / 2000;
  expect(Math.abs(share - 1 / 11)).toBeLessThan(0.03);
});

test('rank correlation is Spearman’s, with shared ranks for ties', () => {
  expect(rankCorrelation([1, 2, 3, 4], [10, 100, 1000, 9999])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  // scipy.stats.spearmanr([1, 2, 2, 5, 9], [3, 1, 4, 4, 6])
  expect(rankCorrelation([1, 2, 2, 5, 9], [3, 1, 4, 4, 6])).toBeCloseTo(0.763157894736842, 12);
});

test('a vector’s nearest neighbour is the most similar other one', () => {
  const vectors = [
    [1, 0],
    [5, 0.1],
    [0, 1],
    [0.2, 3],
    [1, 1],
  ].map((values) => Float32Array.from(values));
  expect(nearestNeighbourAccuracy(vectors, ['a', 'a', 'b', 'b', 'a'])).toBeCloseTo(0.8, 12);
  expect(nearestNeighbourAccuracy(vectors, ['a', 'a', 'b', 'b', 'a'], (index) => index === 4)).toBe(0);
});
