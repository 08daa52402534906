import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import {
  evaluationBatches,
  type ImageBatch,
  type TrainingBatchOptions,
  trainingBatches,
} from '../../../src/data/batches/batches.js';
import { findImages, type ImageFile } from '../../../src/data/images.js';
import { cropPicture, decodeImage, decodeResized } from '../../../src/data/pictures/decode.js';
import { toUnitRange } from '../../../src/data/pictures/values/pixels.js';
import type { SkippedImage } from '../../../src/data/skipped.js';
import { UserError } from '../../../src/errors.js';
import { permutation, randomStream } from '../../../src/random.js';
import { makeFolder, noisePng, write } from '../folders.js';

/** The files in memory: counts what is read of them, and takes a moment for each. */
function counted(all: readonly ImageFile[]) {
  const reads = { begun: 0, running: 0, most: 0 };
  const read = async (path: string) => {
    reads.begun++;
    reads.most = Math.max(reads.most, ++reads.running);
    await wait(5);
    return readFile(path).finally(() => reads.running--);
  };
  return { reads, files: all.map((file) => ({ ...file, location: { read: () => read(file.path) } })) };
}

const [whole, damaged, ruined] = [makeFolder(), makeFolder(), makeFolder()];
const brokenPaths = ['03.png', '04.png', '09.png'];
let files: ImageFile[];
let damagedFiles: ImageFile[];

beforeAll(async () => {
  for (let number = 0; number < 13; number++) {
    const name = `${String(number).padStart(2, '0')}.png`;
    const content = await noisePng(number, 20 + number, 30 - number);
    write(whole, `class ${number % 2}/${name}`, content);
    write(damaged, name, brokenPaths.includes(name) ? content.subarray(0, 60) : content);
    write(ruined, name, 'no picture');
  }
  [files, damagedFiles] = await Promise.all([findImages(whole), findImages(damaged)]);
});

const defaults = { batch: 4, size: 12, crop: 'random', flip: true, seed: 5, firstStep: 0, maxPixels: 1e6 } as const;

async function take(count: number, options: Partial<TrainingBatchOptions>): Promise<ImageBatch[]> {
  const batches: ImageBatch[] = [];
  for await (const batch of trainingBatches({ ...defaults, files, skipped: [], ...options })) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}

test('each image is the one that seed and place in the stream say', async () => {
  const batches = await take(8, {});
  for (const [step, batch] of batches.entries()) {
    expect(batch.images.length).toBe(4 * 12 * 12 * 3);
    for (let place = 0; place < 4; place++) {
      const index = step * 4 + place;
      const order = permutation(13, 'order', 5, Math.floor(index / 13));
      const file = files[order[index % 13] as number] as ImageFile;
      const draws = randomStream('augment', 5, index);
      const crop = { kind: 'random', x: draws.uniform(), y: draws.uniform() } as const;
      const options = { size: 12, maxPixels: 1e6, crop, mirror: draws.uniform() < 0.5 };
      const { pixels, ...origin } = await decodeImage(file.path, options);
      const expected = new Float32Array(pixels.length);
      toUnitRange(pixels, expected, 0);
      expect(batch.images.subarray(place * expected.length, (place + 1) * expected.length)).toEqual(expected);
      expect(batch.files[place]).toEqual(file);
      expect(batch.labels[place]).toBe(file.label);
      expect(batch.origins[place]).toEqual(origin);
    }
  }
});

test('with a crop scale each image is a crop of the picture at a size of its own', async () => {
  const cropScale = 0.25;
  const batches = await take(6, { cropScale });
  const sizes = new Set<number>();
  for (const [step, batch] of batches.entries()) {
    for (let place = 0; place < 4; place++) {
      const file = batch.files[place] as ImageFile;
      const draws = randomStream('augment', 5, step * 4 + place);
      const crop = { kind: 'random', x: draws.uniform(), y: draws.uniform(), side: 12 } as const;
      const mirror = draws.uniform() < 0.5;
      const pictureSize = Math.round(12 * cropScale ** -draws.uniform());
      sizes.add(pictureSize);
      const resized = await decodeResized(file.path, { size: pictureSize, maxPixels: 1e6 });
      const { pixels, ...origin } = cropPicture(resized, crop, mirror);
      const expected = new Float32Array(12 * 12 * 3);
      toUnitRange(pixels, expected, 0);
      expect(batch.images.subarray(place * expected.length, (place + 1) * expected.length)).toEqual(expected);
      expect(batch.origins[place]).toEqual(origin);
      // The square in the original is as large a share of its shorter side as that of the crop in the resized picture.
      const shorter = Math.min(origin.originalWidth, origin.originalHeight);
      expect(Math.abs(origin.cropBox.side - (shorter * 12) / pictureSize)).toBeLessThanOrEqual(0.5);
    }
  }
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(12);
  expect(Math.max(...sizes)).toBeGreaterThan(24);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(48);
});

test('batch n does not depend on the batches before it, not even among broken files', async () => {
  for (const all of [files, damagedFiles]) {
    const batches = await take(12, { files: all });
    for (const firstStep of [1, 3, 7, 11]) {
      const skipped: SkippedImage[] = [];
      expect(await take(12 - firstStep, { files: all, firstStep, skipped })).toEqual(batches.slice(firstStep));
    }
  }
});

test('neither cache nor parallelism changes a byte', async () => {
  const batches = await take(12, { files: damagedFiles, cacheBytes: 0, decodes: 1, prefetchBatches: 1 });
  const [uncached, cached] = [counted(damagedFiles), counted(damagedFiles)];
  await take(12, { files: uncached.files, cacheBytes: 0, decodes: 1, prefetchBatches: 1 });
  const fromMemory = await take(12, { files: cached.files, decodes: 1 });
  expect(fromMemory.map(({ images }) => images)).toEqual(batches.map(({ images }) => images));
  expect(cached.reads.begun).toBeLessThanOrEqual(13);
  expect(uncached.reads.begun).toBeGreaterThanOrEqual(48);
  // Room for about half of the pictures.
  expect(await take(12, { files: damagedFiles, cacheBytes: 4000, decodes: 7, prefetchBatches: 5 })).toEqual(batches);
  expect(await take(3, { files: damagedFiles, seed: 6 })).not.toEqual(batches.slice(0, 3));
});

test('an epoch holds every file once; a broken one is replaced by the next of that epoch', async () => {
  const names = (batches: ImageBatch[]) => batches.flatMap((batch) => batch.files.map((file) => file.relativePath));
  const epochs = names(await take(13, {}));
  for (let epoch = 0; epoch < 4; epoch++) expect(new Set(epochs.slice(epoch * 13, epoch * 13 + 13)).size).toBe(13);

  const skipped: SkippedImage[] = [];
  const damagedEpochs = names(await take(13, { files: damagedFiles, skipped }));
  const expected = Array.from({ length: 4 }, (_, epoch) => {
    const order = [...permutation(13, 'order', 5, epoch)].map((at) => damagedFiles[at]?.relativePath ?? '');
    return order.map((_, place) => [...order.slice(place), ...order].find((name) => !brokenPaths.includes(name)));
  });
  expect(damagedEpochs).toEqual(expected.flat());
  const firstOrder = [...permutation(13, 'order', 5, 0)].map((at) => damagedFiles[at]?.relativePath ?? '');
  const inOrderOfDiscovery = firstOrder.filter((name) => brokenPaths.includes(name));
  expect(skipped).toEqual(inOrderOfDiscovery.map((path) => ({ path, reason: 'damaged or truncated PNG' })));
});

test('crop and flip can be turned off', async () => {
  const [batch] = await take(1, { crop: 'center', flip: false, batch: 13 });
  const centres = await evaluated(files, 13);
  for (const [place, file] of (batch as ImageBatch).files.entries()) {
    const at = (centres[0] as ImageBatch).files.findIndex((other) => other.path === file.path);
    const image = (index: number, images: Float32Array) => images.subarray(index * 432, (index + 1) * 432);
    expect(image(place, (batch as ImageBatch).images)).toEqual(image(at, (centres[0] as ImageBatch).images));
  }
});

test('a batch may be longer than several epochs', async () => {
  const [batch] = await take(1, { batch: 50 });
  expect(batch?.files.length).toBe(50);
  expect((await take(2, { batch: 25 })).flatMap((half) => half.files)).toEqual(batch?.files);
});

test('the shares of a batch make up the batch', async () => {
  const whole = await take(3, { batch: 12, firstStep: 2 });
  const shares = await Promise.all(
    [0, 1, 2].map((index) => take(3, { batch: 12, firstStep: 2, share: { index, count: 3 } })),
  );
  for (const [step, { images, files: wanted }] of whole.entries()) {
    const parts = shares.map((batches) => batches[step] as ImageBatch);
    expect(parts.map((part) => part.files.length)).toEqual([4, 4, 4]);
    expect(parts.flatMap((part) => part.files)).toEqual(wanted);
    expect(parts.flatMap((part) => [...part.images])).toEqual([...images]);
  }
});

async function evaluated(all: ImageFile[], batch: number, skipped: SkippedImage[] = []): Promise<ImageBatch[]> {
  const batches: ImageBatch[] = [];
  for await (const images of evaluationBatches({ files: all, batch, size: 12, maxPixels: 1e6, skipped })) {
    batches.push(images);
  }
  return batches;
}

test('evaluation: in order, whatever is readable, centre crops', async () => {
  const skipped: SkippedImage[] = [];
  const batches = await evaluated(damagedFiles, 4, skipped);
  expect(batches.map((batch) => batch.files.length)).toEqual([4, 4, 2]);
  const readable = damagedFiles.filter((file) => !brokenPaths.includes(file.relativePath));
  expect(batches.flatMap((batch) => batch.files)).toEqual(readable);
  expect(skipped.map(({ path }) => path)).toEqual(brokenPaths);
  const options = { size: 12, maxPixels: 1e6, crop: { kind: 'center' }, mirror: false } as const;
  const { pixels } = await decodeImage((readable[9] as ImageFile).path, options);
  const expected = new Float32Array(432);
  toUnitRange(pixels, expected, 0);
  expect(batches[2]?.images.subarray(432)).toEqual(expected);
  await evaluated(damagedFiles, 4, skipped);
  expect(skipped.length).toBe(3);
  expect((await evaluated(files, 4)).map((batch) => batch.files.length)).toEqual([4, 4, 4, 1]);
});

test('where nothing can be read, both say so', async () => {
  const ruins = await findImages(ruined);
  const message = (at: number) => `None of 13 images can be read (${String(at).padStart(2, '0')}.png: not a JPEG`;
  const [first] = permutation(13, 'order', 5, 0);
  await expect(take(1, { files: ruins })).rejects.toThrow(message(first as number));
  await expect(take(1, { files: ruins })).rejects.toThrow(UserError);
  await expect(evaluated(ruins, 4, [{ path: 'of another folder.png', reason: 'is a folder' }])).rejects.toThrow(
    message(0),
  );
  await expect(evaluated([], 4, [{ path: 'of another folder.png', reason: 'is a folder' }])).rejects.toThrow(
    'None of 0 images can be read: pass others',
  );
});

test('pictures in the works and decoded ahead stay bounded, and stop with the consumer', async () => {
  let [taken, mostAhead] = [0, 0];
  const { reads, files: slow } = counted(files);
  const options = { ...defaults, files: slow, skipped: [], cacheBytes: 0, decodes: 3 };
  for await (const _ of trainingBatches(options)) {
    await wait(30);
    mostAhead = Math.max(mostAhead, reads.begun - ++taken * 4);
    if (taken === 5) break;
  }
  // Two batches ahead, unless told otherwise; the last image of each was handed out before another was asked for.
  expect(mostAhead).toBeLessThanOrEqual(7);
  expect(reads.most).toBe(3);
  expect(reads.running).toBe(0);
  const begun = reads.begun;
  await wait(50);
  expect(reads.begun).toBe(begun);
});

test('two files per core are in the works, unless told otherwise', async () => {
  const most = 2 * availableParallelism();
  const { reads, files: slow } = counted(files);
  await take(1, { files: slow, batch: 4 * most, cacheBytes: 0 });
  expect(reads.most).toBe(most);
});
