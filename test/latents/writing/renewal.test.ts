import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { findImages } from '../../../src/data/images.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { verifyLatents } from '../../../src/latents/reading/verify.js';
import { randomStream } from '../../../src/random.js';
import { bundle } from '../../bundle.js';
import { contentOf, encodeTestFolder, fakeEncoder, temporaryFolder, writePicture, writePictures } from '../fixture.js';
import { runWithKills } from '../kill.js';

type Options = NonNullable<Parameters<typeof encodeTestFolder>[2]>;

let folder: string;
let before: string;
let after: string;

/** Some pictures change, some vanish, one breaks, one is mended, some are new, captions come and go. */
async function change(pictures: string): Promise<void> {
  await writePicture(pictures, 'dogs/013.png', 31, 40);
  await writePicture(pictures, 'cats/000.png', 24, 16);
  await rm(join(pictures, 'dogs/004.png'));
  await rm(join(pictures, 'zebras'), { recursive: true });
  await writeFile(join(pictures, 'dogs/016.png'), 'broken');
  await writePicture(pictures, 'dogs/bad.png');
  await rm(join(pictures, 'dogs/gone-bad.png'));
  await writePicture(pictures, 'birds/new.png');
  await writePicture(pictures, 'dogs/005b.png');
  await writeFile(join(pictures, 'dogs/001.txt'), 'told otherwise');
  await rm(join(pictures, 'dogs/002.txt'));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  [before, after] = [join(folder, 'before'), join(folder, 'after')];
  await writePictures(before, 27, ['dogs/bad.png', 'dogs/gone-bad.png', 'dogs/still-bad.png']);
  await writePicture(before, 'zebras/1.png');
  await writeFile(join(before, 'dogs/001.txt'), 'a dog');
  await writeFile(join(before, 'dogs/002.txt'), 'another dog');
  await cp(before, after, { recursive: true });
  await change(after);
});

describe('--update and --prune make the bytes of a fresh encode', () => {
  const cases: Record<string, Options> = {
    'of squares': {},
    'in half precision, with the mirrored ones': { dtype: 'float16', mirrored: true, shardBytes: 500 },
    'of whole pictures in tiles': { size: { tileSize: 16, tileOverlap: 0.25 }, shardBytes: 1000 },
  };
  test.each(Object.entries(cases))('%s', async (name, options) => {
    const [store, fresh] = [join(folder, `${name}-renewed`), join(folder, `${name}-fresh`)];
    await encodeTestFolder(before, store, options);
    await encodeTestFolder(after, fresh, options);
    const batches: number[] = [];
    const encoder = fakeEncoder({ onBatch: () => void batches.push(1) });
    const renewed = await encodeTestFolder(after, store, { ...options, encoder, update: true, prune: true });
    expect(renewed).toMatchObject({
      complete: true,
      // Two new ones and the mended one; the two that changed. The broken one could not be.
      encoded: 5,
      changes: { changed: ['cats/000.png', 'dogs/013.png', 'dogs/016.png'], gone: ['dogs/004.png', 'zebras/1.png'] },
      renewal: { updated: 2, pruned: 2, renumbered: true },
    });
    expect(renewed.skipped.map(({ path }) => path).sort()).toEqual(['dogs/016.png', 'dogs/still-bad.png']);
    expect(await contentOf(store)).toEqual(await contentOf(fresh));
    expect(await verifyLatents(store)).toEqual([]);
    // Nothing is left to do, and nothing is done.
    const again = await encodeTestFolder(after, store, { ...options, update: true, prune: true });
    expect(again).toMatchObject({ encoded: 0, changes: { changed: [], retold: [], gone: [] } });
    expect(again.renewal).toBeUndefined();
    expect(await contentOf(store)).toEqual(await contentOf(fresh));
  });

  test('also where images were appended before, and where only their order is another', async () => {
    const [some, store, fresh] = [join(folder, 'some'), join(folder, 'appended'), join(folder, 'appended-fresh')];
    await writePictures(some, 5);
    await encodeTestFolder(some, store);
    await writePictures(some, 13);
    await encodeTestFolder(some, store);
    await encodeTestFolder(some, fresh);
    expect(await contentOf(store)).not.toEqual(await contentOf(fresh));
    expect(await encodeTestFolder(some, store, { prune: true })).toMatchObject({
      encoded: 0,
      renewal: { updated: 0, pruned: 0, renumbered: false },
    });
    expect(await contentOf(store)).toEqual(await contentOf(fresh));
  });
});

test('--update alone keeps what is gone, and --prune alone the latents of what changed', async () => {
  const [updated, pruned] = [join(folder, 'updated'), join(folder, 'pruned')];
  await encodeTestFolder(before, updated);
  const old = await latentsOf(updated);
  await cp(updated, pruned, { recursive: true });
  await encodeTestFolder(after, updated, { update: true });
  await encodeTestFolder(after, pruned, { prune: true });
  const [now, less] = [await latentsOf(updated), await latentsOf(pruned)];
  for (const path of ['dogs/004.png', 'zebras/1.png']) {
    expect(now.get(path)).toEqual(old.get(path));
    expect(less.has(path)).toBe(false);
  }
  for (const path of ['dogs/013.png', 'cats/000.png']) {
    expect(now.get(path)).not.toEqual(old.get(path));
    expect(less.get(path)).toEqual(old.get(path));
  }
  expect(await verifyLatents(updated)).toEqual([]);
  expect(await verifyLatents(pruned)).toEqual([]);
  await using store = await openLatents(updated);
  // The numbers of classes that stay do too.
  expect(store.manifest.classes).toEqual(['cats', 'dogs', 'zebras', 'birds']);
});

async function latentsOf(path: string) {
  await using store = await openLatents(path);
  const images = await Promise.all(Array.from({ length: store.length }, (_, index) => store.get(index)));
  return new Map(images.map(({ path: name, mean, logvar }) => [name, { mean, logvar }]));
}

test('a renewal that would leave nothing is refused and changes nothing', async () => {
  const [pictures, store] = [join(folder, 'few'), join(folder, 'few-store')];
  await writePicture(pictures, 'a.png');
  await encodeTestFolder(pictures, store);
  const content = await contentOf(store);
  await writeFile(join(pictures, 'a.png'), 'broken');
  const renewal = encodeTestFolder(pictures, store, { update: true, prune: true });
  await expect(renewal).rejects.toThrow('None of 1 image can be read (a.png: not a JPEG');
  expect(await contentOf(store)).toEqual(content);
});

test('stopped while it encodes, the store is what it was, and the next run goes on', async () => {
  const [store, fresh] = [join(folder, 'stopped'), join(folder, 'stopped-fresh')];
  await encodeTestFolder(before, store);
  await encodeTestFolder(after, fresh);
  await encodeTestFolder(after, store, { checkSources: false, retrySkipped: true });
  const appended = await contentOf(store);
  const stop = new AbortController();
  const encoder = fakeEncoder({ onBatch: () => stop.abort() });
  const options = { update: true, prune: true, batch: 1 };
  const stopped = await encodeTestFolder(after, store, { ...options, encoder, signal: stop.signal });
  expect(stopped).toMatchObject({ complete: false, images: 31 });
  expect(await verifyLatents(store)).toEqual([]);
  await rename(join(store, '.renewing'), join(folder, 'renewing'));
  expect(await contentOf(store)).toEqual(appended);
  await rename(join(folder, 'renewing'), join(store, '.renewing'));
  let batches = 0;
  const counting = fakeEncoder({ onBatch: () => void batches++ });
  await encodeTestFolder(after, store, { ...options, encoder: counting });
  expect(batches).toBe(1);
  expect(await contentOf(store)).toEqual(await contentOf(fresh));
});

test('killed while files change places, the folder says so, and the next encode finishes the exchange', async () => {
  const [old, renewed] = [join(folder, 'exchange-old'), join(folder, 'exchange-new')];
  await encodeTestFolder(before, old);
  await encodeTestFolder(after, renewed);
  const wanted = await contentOf(renewed);
  const names = (await readdir(renewed)).filter((name) => name !== 'manifest.json');
  for (let moved = 0; moved <= names.length; moved++) {
    const store = join(folder, `exchange-${moved}`);
    await cp(old, store, { recursive: true });
    await cp(renewed, join(store, '.renewed'), { recursive: true });
    await mkdir(join(store, '.renewing', 'encoded'), { recursive: true });
    await rm(join(store, 'manifest.json'));
    for (const name of names.slice(0, moved)) await rename(join(store, '.renewed', name), join(store, name));
    await expect(openLatents(store)).rejects.toThrow(
      /was being renewed when that was interrupted: run its encode again/,
    );
    await encodeTestFolder(after, store);
    expect(await contentOf(store)).toEqual(wanted);
  }
});

test('killed again and again, it ends with the bytes of a fresh encode', async () => {
  const [store, fresh] = [join(folder, 'killed'), join(folder, 'killed-fresh')];
  await encodeTestFolder(before, store);
  for (const path of await findImages(after)) {
    if (path.relativePath.startsWith('cats/')) await writePicture(after, path.relativePath, 26, 16);
  }
  await encodeTestFolder(after, fresh);
  const program = await bundle(fileURLToPath(new URL('../kill-child.ts', import.meta.url)));
  const { kills } = await runWithKills(program, [after, store, 'renew'], 3, randomStream('renewal'));
  expect(kills).toBe(3);
  expect(await contentOf(store)).toEqual(await contentOf(fresh));
}, 120_000);
