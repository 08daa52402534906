import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openImages } from '../../src/data/images.js';
import { choosePart } from '../../src/latents/parts/environment.js';
import { mergeParts } from '../../src/latents/parts/merge.js';
import { openPartFolder, partFolder, partNumberOf } from '../../src/latents/parts/part.js';
import { restrictToPart } from '../../src/latents/parts/part-of-job.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { encodeTestFolder, fakeEncoder, temporaryFolder, writePicture, writePictures } from './fixture.js';

type Options = NonNullable<Parameters<typeof encodeTestFolder>[2]>;

async function encodePart(pictures: string, store: string, number: number, count: number, options: Options = {}) {
  const part = { number, count };
  const chosen = restrictToPart(await openImages(pictures), part);
  return encodeTestFolder(pictures, await openPartFolder(store, part), { ...chosen, ...options });
}

async function encodeParts(pictures: string, store: string, count: number, options: Options = {}) {
  for (let number = count; number > 0; number--) await encodePart(pictures, store, number, count, options);
}

/** Everything that is known of each image, by its path. */
async function imagesOf(path: string) {
  await using store = await openLatents(path);
  const images = Array.from({ length: store.length }, (_, index) => store.get(index));
  const named = (await Promise.all(images)).map(({ path: name, label, mean, logvar }) => {
    return [name, { class: store.manifest.classes[label], label, mean, logvar }] as const;
  });
  expect(new Set(named.map(([name]) => name)).size).toBe(store.length);
  return new Map(named);
}

let folder: string;
let pictures: string;
let single: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  [pictures, single] = [join(folder, 'pictures'), join(folder, 'single')];
  await writePictures(pictures, 45, ['dogs/broken.png', 'cats/zzz.png']);
  await encodeTestFolder(pictures, single);
});

describe('a merged store', () => {
  test('holds the latents, labels, statistics and skipped images of a single run', async () => {
    const store = join(folder, 'merged');
    await encodeParts(pictures, store, 4);
    expect(await mergeParts(store)).toMatchObject({ parts: 4, images: 45, skipped: 2 });
    expect(await imagesOf(store)).toEqual(await imagesOf(single));
    await using merged = await openLatents(store);
    await using whole = await openLatents(single);
    const { statistics, scaling, skipped, classes } = whole.manifest;
    expect(merged.manifest).toMatchObject({ statistics, scaling, skipped, classes });
    expect(await verifyLatents(store)).toEqual([]);
    expect((await readdir(store)).filter((name) => !name.startsWith('.')).sort()).toEqual([
      'manifest.json',
      ...[1, 2, 3, 4].map((number) => partFolder({ number, count: 4 })),
      'skipped.jsonl',
    ]);
  });

  test('grows with its parts, which go on being stores', async () => {
    const [more, store] = [join(folder, 'more'), join(folder, 'growing')];
    await writePictures(more, 20);
    await encodeParts(more, store, 3);
    await mergeParts(store);
    await writePicture(more, 'birds/new.png');
    await encodeParts(more, store, 3);
    expect((await openLatents(store)).length).toBe(20);
    expect(await mergeParts(store)).toMatchObject({ images: 21 });
    expect((await imagesOf(store)).get('birds/new.png')).toMatchObject({ class: 'birds' });
    expect(await verifyLatents(store)).toEqual([]);
    await expect(encodeTestFolder(more, store)).rejects.toThrow(/was merged of parts: encode its parts/);
  });

  test('may have parts without images', async () => {
    const [few, store] = [join(folder, 'few'), join(folder, 'sparse')];
    await writePictures(few, 2);
    await encodeParts(few, store, 7);
    expect(await mergeParts(store)).toMatchObject({ parts: 7, images: 2 });
  });
});

describe('is refused', () => {
  test('where parts are missing, unfinished, of other divisions or none', async () => {
    const store = join(folder, 'partial');
    await mkdir(store);
    await expect(mergeParts(store)).rejects.toThrow(/holds no parts/);
    await encodeParts(pictures, store, 5);
    const aside = join(folder, 'aside');
    await mkdir(aside);
    for (const number of [2, 4, 5]) {
      const name = partFolder({ number, count: 5 });
      await rename(join(store, name), join(aside, name));
    }
    await expect(mergeParts(store)).rejects.toThrow(/lacks parts 2, 4-5 of 5: encode what is missing/);
    for (const name of await readdir(aside)) await rename(join(aside, name), join(store, name));
    await rm(join(store, partFolder({ number: 2, count: 5 })), { recursive: true });
    const stop = AbortSignal.abort();
    await encodePart(pictures, store, 2, 5, { signal: stop });
    await expect(mergeParts(store)).rejects.toThrow(/has unfinished parts \(part 2 of 5\): run the same encode again/);
    await expect(encodePart(pictures, store, 1, 4)).rejects.toThrow(/is divided into 5 parts, got part 1 of 4/);
    await mkdir(join(store, partFolder({ number: 1, count: 4 })));
    await expect(mergeParts(store)).rejects.toThrow(/parts of several divisions \(1 of 4, 5 of 5\)/);
  });

  test('where models, options or lists of images differ', async () => {
    const store = join(folder, 'mixed');
    await encodePart(pictures, store, 1, 2);
    const second = join(store, partFolder({ number: 2, count: 2 }));
    await encodePart(pictures, store, 2, 2, { encoder: fakeEncoder({ sha256: 'b'.repeat(64) }) });
    await expect(mergeParts(store)).rejects.toThrow(/encode all parts by one model/);
    await rm(second, { recursive: true });
    await encodePart(pictures, store, 2, 2, { dtype: 'float16' });
    await expect(mergeParts(store)).rejects.toThrow(/different options: dtype is "float32" and "float16"/);
    await rm(second, { recursive: true });
    await encodePart(pictures, store, 2, 2, { classes: ['dogs', 'cats'] });
    await expect(mergeParts(store)).rejects.toThrow(/Label 0 means dogs in .* and cats in/);
  });

  test('where an image is in a part that it does not belong to', async () => {
    const store = join(folder, 'twice');
    await encodeParts(pictures, store, 2);
    const all = await openImages(pictures);
    const first = { ...restrictToPart(all, { number: 1, count: 2 }), files: all.files };
    await encodeTestFolder(pictures, join(store, partFolder({ number: 1, count: 2 })), first);
    await expect(mergeParts(store)).rejects.toThrow(/holds .*\.png, which belongs to another part/);
  });
});

describe('which part a process encodes', () => {
  const slurm = { SLURM_ARRAY_TASK_ID: '6', SLURM_ARRAY_TASK_MIN: '5', SLURM_ARRAY_TASK_COUNT: '4' };

  test('is said by Slurm, MPI and Kubernetes', () => {
    expect(choosePart({}, {})).toBeUndefined();
    expect(choosePart({}, slurm)).toMatchObject({ number: 2, count: 4 });
    const step = { SLURM_PROCID: '1', SLURM_NTASKS: '3' };
    // A batch script has these too, though nothing has been started in parallel.
    expect(choosePart({}, step)).toBeUndefined();
    expect(choosePart({}, { ...step, SLURM_STEP_ID: '0' })).toMatchObject({ number: 2, count: 3 });
    expect(choosePart({}, { ...slurm, ...step, SLURM_STEP_ID: '0' })).toMatchObject({ number: 5, count: 12 });
    expect(choosePart({}, { PMI_RANK: '0', PMI_SIZE: '2' })).toMatchObject({ number: 1, count: 2 });
    expect(choosePart({}, { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' })).toMatchObject({ number: 2 });
    expect(choosePart({}, { JOB_COMPLETION_INDEX: '3' })).toBeUndefined();
    expect(choosePart({ parts: 8 }, { JOB_COMPLETION_INDEX: '3' })).toMatchObject({ number: 4, count: 8 });
    // One task of an array, submitted again alone.
    const alone = { SLURM_ARRAY_TASK_ID: '6', SLURM_ARRAY_TASK_MIN: '6', SLURM_ARRAY_TASK_COUNT: '1' };
    expect(choosePart({ parts: 8 }, alone)).toMatchObject({ number: 7, count: 8 });
  });

  test('is what was typed, before anything else', () => {
    expect(choosePart({ part: '3/8' }, slurm)).toMatchObject({ number: 3, count: 8, source: '--part' });
    expect(choosePart({ part: '1/1' }, slurm)).toBeUndefined();
    for (const part of ['0/3', '4/3', '3', 'a/b', '1/0'])
      expect(() => choosePart({ part })).toThrow(/wanted a part of all/);
    expect(() => choosePart({ parts: 4 }, {})).toThrow(/nothing here says which of them this is/);
    expect(() => choosePart({ parts: 4 }, { JOB_COMPLETION_INDEX: '4' })).toThrow(/wanted an index from 0 to 3/);
    const gaps = {
      SLURM_ARRAY_TASK_ID: '3',
      SLURM_ARRAY_TASK_MIN: '0',
      SLURM_ARRAY_TASK_MAX: '7',
      SLURM_ARRAY_TASK_COUNT: '3',
    };
    expect(() => choosePart({}, gaps)).toThrow(/pass --parts/);
  });

  test('is decided for an image by its path alone, evenly', () => {
    expect(partNumberOf('cats/001.png', 8)).toBe(partNumberOf('cats/001.png', 8));
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) {
      const number = partNumberOf(`folder/${index}.jpg`, 10);
      counts[number - 1] = (counts[number - 1] as number) + 1;
    }
    // Seven standard deviations of a fair draw.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(210);
  });
});
