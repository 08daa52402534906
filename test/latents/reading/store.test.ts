import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { gatherMoments, mergeMoments, overallMoments, statisticsOf } from '../../../src/latents/format/statistics.js';
import { describeLatents, descriptionText, sparkline } from '../../../src/latents/reading/describe.js';
import type { LatentBatchOptions } from '../../../src/latents/reading/epochs/batches.js';
import { tensorsOf } from '../../../src/latents/reading/epochs/tensors.js';
import type { LatentBatch } from '../../../src/latents/reading/rows.js';
import { type LatentStore, openLatents } from '../../../src/latents/reading/store.js';
import { normals } from '../../../src/random.js';
import { encodeTestFolder, fakeEncoder, temporaryFolder, writePictures } from '../fixture.js';

const images = 40;
let folder: string;
let store: LatentStore;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), images);
  await encodeTestFolder(join(folder, 'pictures'), join(folder, 'latents'), { mirrored: true });
  store = await openLatents(join(folder, 'latents'));
  return () => store.close();
});

const options: LatentBatchOptions = { batch: 6, seed: 3, epoch: 0, shuffle: true, sample: 'mean', scaled: false };

async function epochOf(changes: Partial<LatentBatchOptions> = {}): Promise<LatentBatch[]> {
  const batches: LatentBatch[] = [];
  for await (const batch of store.batches({ ...options, ...changes })) batches.push(batch);
  return batches;
}

const indicesOf = (batches: LatentBatch[]) => batches.flatMap(({ indices }) => [...indices]);

describe('an epoch', () => {
  test('visits every image once, in an order that seed and epoch decide', async () => {
    const order = indicesOf(await epochOf());
    const everyOne = Array.from({ length: images }, (_, index) => index);
    expect([...order].sort((a, b) => a - b)).toEqual(everyOne);
    expect(order).not.toEqual(everyOne);
    expect(indicesOf(await epochOf())).toEqual(order);
    expect(indicesOf(await epochOf({ epoch: 1 }))).not.toEqual(order);
    expect(indicesOf(await epochOf({ seed: 4 }))).not.toEqual(order);
    expect(indicesOf(await epochOf({ shuffle: false }))).toEqual(everyOne);
  });

  test('hands out the latents and labels that random access does', async () => {
    for (const { latents, labels, indices, shape } of await epochOf()) {
      expect(shape).toEqual([indices.length, 2, 2, 4]);
      for (const [position, index] of indices.entries()) {
        const { mean, label } = await store.get(index);
        expect(latents.subarray(position * 16, (position + 1) * 16)).toEqual(mean);
        expect(labels[position]).toBe(label);
      }
    }
  });

  test('draws from the posteriors anew in each epoch, whatever the batch size, and scales when asked', async () => {
    const draws = (await epochOf({ sample: 'posterior', shuffle: false })).flatMap(({ latents }) => [...latents]);
    const inOne = await epochOf({ sample: 'posterior', shuffle: false, batch: images });
    expect([...(inOne[0] as LatentBatch).latents]).toEqual(draws);
    const later = await epochOf({ sample: 'posterior', shuffle: false, epoch: 1 });
    expect(later.flatMap(({ latents }) => [...latents])).not.toEqual(draws);
    const { mean, logvar } = await store.get(7);
    const noise = normals(16, 'latent', 3, 0, 7);
    mean.forEach((value, at) => {
      const expected = value + Math.sqrt(Math.exp(logvar[at] as number)) * (noise[at] as number);
      expect(draws[7 * 16 + at]).toBeCloseTo(expected, 6);
    });
    const scaled = await epochOf({ sample: 'posterior', shuffle: false, scaled: true, batch: images });
    const values = [...(scaled[0] as LatentBatch).latents];
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    // Scaling was measured over means and variances; one draw of 640 values scatters around it.
    expect(Math.abs(average)).toBeLessThan(3 / Math.sqrt(values.length));
    expect(Math.abs(variance - 1)).toBeLessThan(0.2);
  });

  test('takes about half of the images from the mirror when asked', async () => {
    const plain = await epochOf({ shuffle: false, batch: images });
    const mirrored = await epochOf({ shuffle: false, batch: images, mirror: true });
    const [one, other] = [plain, mirrored].map((batches) => (batches[0] as LatentBatch).latents) as [
      Float32Array,
      Float32Array,
    ];
    let swapped = 0;
    for (let image = 0; image < images; image++) {
      const [a, b] = [one, other].map((values) => values.subarray(image * 16, image * 16 + 16)) as [
        Float32Array,
        Float32Array,
      ];
      if (a.every((value, at) => value === b[at])) continue;
      swapped++;
      // [h, w, Z]: columns trade places.
      a.forEach((value, at) => {
        expect(b[at ^ 4]).toBeCloseTo(value, 6);
      });
    }
    expect(swapped).toBeGreaterThan(images / 4);
    expect(swapped).toBeLessThan((images * 3) / 4);
  });

  test('becomes tensors', async () => {
    const [batch] = await epochOf();
    const { latents, labels } = tensorsOf(batch as LatentBatch);
    expect(latents.shape).toEqual([6, 2, 2, 4]);
    expect(await latents.data()).toEqual(batch?.latents);
    expect([...(await labels.data())]).toEqual([...(batch?.labels ?? [])]);
    tf.dispose([latents, labels]);
  });

  test('of mirrored latents is refused where there are none', async () => {
    await encodeTestFolder(join(folder, 'pictures'), join(folder, 'plain'));
    const plain = await openLatents(join(folder, 'plain'));
    await expect(plain.batches({ ...options, mirror: true }).next()).rejects.toThrow(/--mirrored/);
    await plain.close();
  });
});

describe('statistics', () => {
  test('are those of all latents together, however they are spread over shards', async () => {
    const means: number[][] = [[], [], [], []];
    const variances: number[][] = [[], [], [], []];
    for (let index = 0; index < images; index++) {
      const { mean, logvar } = await store.get(index);
      mean.forEach((value, at) => {
        means[at % 4]?.push(value);
        variances[at % 4]?.push(Math.fround(Math.exp(logvar[at] as number)));
      });
    }
    const { statistics, scaling } = store.manifest;
    const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    means.forEach((values, channel) => {
      const mean = average(values);
      const std = Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
      expect(statistics?.mean[channel]).toBeCloseTo(mean, 12);
      expect(statistics?.std[channel]).toBeCloseTo(std, 12);
      expect(statistics?.posteriorStd[channel]).toBeCloseTo(Math.sqrt(average(variances[channel] ?? [])), 12);
      expect(statistics?.min[channel]).toBe(Math.min(...values));
      expect(statistics?.max[channel]).toBe(Math.max(...values));
    });
    const [all, noise] = [means.flat(), variances.flat()];
    const shift = average(all);
    const std = Math.sqrt(average(all.map((value) => (value - shift) ** 2)) + average(noise));
    expect(scaling).toEqual({
      source: 'measured',
      shift: expect.closeTo(shift, 12),
      factor: expect.closeTo(1 / std, 12),
    });
  });

  test('survive values far from zero, where sums of squares cancel', () => {
    const values = Float32Array.from({ length: 4000 }, (_, index) => 2 ** 20 + (index % 2));
    const zeros = new Float32Array(2000);
    const [first, second] = [values.subarray(0, 2000), values.subarray(2000)];
    const [one, other] = [first, second].map((half) => {
      const gathered = gatherMoments(2);
      gathered.add(10, half, zeros);
      return gathered.moments();
    });
    const moments = mergeMoments(one, other!);
    const { mean, std, posteriorStd } = statisticsOf(moments);
    expect(mean).toEqual([2 ** 20 + 0.5, 2 ** 20 + 0.5]);
    expect(std).toEqual([0.5, 0.5]);
    expect(posteriorStd).toEqual([1, 1]);
    expect(overallMoments(statisticsOf(moments)).std).toBeCloseTo(Math.sqrt(1.25), 12);
  });

  test("constants of the model win over measured ones, and are what 'scaled' uses", async () => {
    const out = join(folder, 'constants');
    const scaling = { shift: 0.5, factor: 4 };
    await encodeTestFolder(join(folder, 'pictures'), out, { encoder: fakeEncoder({ scaling }) });
    const constant = await openLatents(out);
    expect(constant.manifest.scaling).toEqual({ source: 'model', ...scaling });
    const { value } = await constant.batches({ ...options, scaled: true, shuffle: false }).next();
    const { mean } = await constant.get(0);
    expect(value?.latents[5]).toBe(((mean[5] as number) - 0.5) * 4);
    await constant.close();
  });
});

test('a description counts every value and draws it', async () => {
  const description = await describeLatents(join(folder, 'latents'));
  expect(description).toMatchObject({ images, shards: 10, skipped: 0, complete: true, histogramImages: images });
  for (const { counts } of description.histograms) {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(images * 4);
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts.at(-1)).toBeGreaterThan(0);
  }
  const text = descriptionText(description);
  expect(text).toContain('40 images in 10 shards');
  expect(text).toContain('latents 4×2×2, float32, also of the mirrored images');
  expect(text.split('\n').filter((line) => /^ +\d/.test(line))).toHaveLength(4);
  expect(sparkline([0, 1, 8, 4])).toBe(' ▁█▄');
});

test('a store that is not there is said to be missing', async () => {
  await expect(openLatents(join(folder, 'nowhere'))).rejects.toThrow(/nowhere is no folder/);
});
