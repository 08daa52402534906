import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type LatentDtype, latentDtypeNames } from '../../../src/config/config.js';
import { decodeImage } from '../../../src/data/pictures/decode.js';
import { toUnitRange } from '../../../src/data/pictures/values/pixels.js';
import { UserError } from '../../../src/errors.js';
import { describeLatents, descriptionText } from '../../../src/latents/reading/describe.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { verifyLatents } from '../../../src/latents/reading/verify.js';
import { thisProcess } from '../../../src/lock/holder.js';
import {
  contentOf,
  encodeTestFolder,
  fakeEncoder,
  imageBytes,
  imageSize,
  temporaryFolder,
  writePicture,
  writePictures,
} from '../fixture.js';

const broken = ['cats/aaa.png', 'dogs/009.png', 'zzz.jpg'];
let pictures: string;
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  pictures = join(folder, 'pictures');
  await writePictures(pictures, 21, broken);
});

/** Mean and logvar of one picture, straight from the encoder. */
async function expectedOf(path: string) {
  const options = { size: imageSize, maxPixels: 1e6, crop: { kind: 'center' }, mirror: false } as const;
  const { pixels } = await decodeImage(join(pictures, path), options);
  const image = new Float32Array(pixels.length);
  toUnitRange(pixels, image, 0);
  return fakeEncoder().encodeBatch(image, 1, imageSize, imageSize);
}

describe('what is stored', () => {
  // Half a unit in the last place of values below 1, and of logvars below 8.
  const tolerances: Record<LatentDtype, number> = { float32: 0, float16: 2 ** -9, bfloat16: 2 ** -6 };

  test.each(latentDtypeNames)('%s: every latent comes back as it was encoded, to the last place', async (dtype) => {
    const out = join(folder, dtype);
    const summary = await encodeTestFolder(pictures, out, { dtype, shardBytes: 600 });
    expect(summary).toMatchObject({ images: 21, encoded: 21, complete: true });
    const store = await openLatents(out);
    expect(store.length).toBe(21);
    for (let index = 0; index < store.length; index++) {
      const { path, mean, logvar, label, record } = await store.get(index);
      const expected = await expectedOf(path);
      mean.forEach((value, at) => {
        expect(Math.abs(value - (expected.mean[at] as number))).toBeLessThanOrEqual(tolerances[dtype]);
        expect(Math.abs((logvar[at] as number) - (expected.logvar[at] as number))).toBeLessThanOrEqual(
          tolerances[dtype],
        );
      });
      expect(store.manifest.classes[label]).toBe(path.split('/')[0]);
      expect(record).toMatchObject({ width: 20, height: 16, crop: { left: 2, top: 0, width: 16, height: 16 } });
    }
    expect(await verifyLatents(out)).toEqual([]);
    await store.close();
  });

  test('the mirrored latents are those of the mirrored picture', async () => {
    const out = join(folder, 'mirrored');
    await encodeTestFolder(pictures, out, { mirrored: true });
    const store = await openLatents(out);
    const plain = await store.useShard(0, (file) => file.readSliceFloat32('mean', 0, 1)); // [1, 4, 2, 2]
    const mirrored = await store.useShard(0, (file) => file.readSliceFloat32('mean_mirrored', 0, 1));
    // Averages over whole cells swap places and stay what they were, up to the order of summation.
    plain.forEach((value, index) => {
      expect(mirrored[index % 2 === 0 ? index + 1 : index - 1]).toBeCloseTo(value, 6);
    });
    await store.close();
  });

  test('unreadable images and non-finite latents are listed with their reasons', async () => {
    const out = join(folder, 'skipping');
    const first = await decodeImage(join(pictures, 'dogs/010.png'), {
      size: imageSize,
      maxPixels: 1e6,
      crop: { kind: 'center' },
      mirror: false,
    });
    const summary = await encodeTestFolder(pictures, out, {
      encoder: fakeEncoder({ nanForRed: first.pixels[0] as number }),
    });
    const reasons = new Map(summary.skipped.map(({ path, reason }) => [path, reason]));
    for (const path of broken) expect(reasons.get(path)).toBe('not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image');
    expect(reasons.get('dogs/010.png')).toBe("the encoder's answer is not finite in float32");
    expect(summary.images + summary.skipped.length).toBe(21 + broken.length);
    const lines = (await readFile(join(out, 'skipped.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).path)).toEqual([...reasons.keys()].sort());
    expect(await verifyLatents(out)).toEqual([]);
  });
});

describe('a store that exists', () => {
  test('takes new images, leaves the others alone and stays as it is without new ones', async () => {
    const [grown, out] = [join(folder, 'grown'), join(folder, 'append')];
    await writePictures(grown, 10, ['dogs/bad.png']);
    await encodeTestFolder(grown, out);
    const before = await contentOf(out);
    expect(await encodeTestFolder(grown, out)).toMatchObject({ encoded: 0, images: 10 });
    expect(await contentOf(out)).toEqual(before);
    await writePicture(grown, 'birds/new.png');
    await writePicture(grown, 'dogs/bad.png');
    expect(await encodeTestFolder(grown, out)).toMatchObject({ encoded: 1, images: 11, shards: 3 });
    const after = await contentOf(out);
    for (const name of Object.keys(before).filter((file) => file.startsWith('latents-'))) {
      expect(after[name]).toBe(before[name]);
    }
    const retried = await encodeTestFolder(grown, out, { retrySkipped: true });
    expect(retried).toMatchObject({ encoded: 1, images: 12, skipped: [] });
    const store = await openLatents(out);
    expect(store.manifest.classes).toEqual(['cats', 'dogs', 'birds']);
    expect(await verifyLatents(out)).toEqual([]);
    await store.close();
  });

  test('refuses another encoder, preprocessing or dtype, and shows both sides', async () => {
    const out = join(folder, 'refusing');
    await encodeTestFolder(pictures, out);
    const other = encodeTestFolder(pictures, out, { encoder: fakeEncoder({ sha256: 'b'.repeat(64) }) });
    await expect(other).rejects.toThrow(
      /averages \(sha256 aaaaaaaaaaaa…\), this one is averages \(sha256 bbbbbbbbbbbb…\)/,
    );
    await expect(encodeTestFolder(pictures, out, { size: 32 })).rejects.toThrow(/size 16 there and 32 here/);
    await expect(encodeTestFolder(pictures, out, { dtype: 'float16' })).rejects.toThrow(
      /"float32" there and "float16"/,
    );
    await expect(encodeTestFolder(pictures, out, { mirrored: true })).rejects.toThrow(UserError);
  });

  test('is not begun in a folder that holds something else', async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, 'thesis.txt'), 'years of work');
    await expect(encodeTestFolder(pictures, out)).rejects.toThrow(/holds thesis.txt/);
    await rm(out, { recursive: true });
  });

  test('has one writer at a time, and does not wait for dead ones', async () => {
    const out = join(folder, 'locked');
    let second: Promise<unknown> | undefined;
    const onBatch = () => {
      second ??= encodeTestFolder(pictures, out).catch((error: unknown) => error);
    };
    await encodeTestFolder(pictures, out, { encoder: fakeEncoder({ onBatch }) });
    expect(await second).toMatchObject({
      message: expect.stringContaining(`is being written by process ${process.pid} on`),
    });
    // No process has this number on any system.
    await writeFile(join(out, '.lock'), JSON.stringify({ ...thisProcess(), pid: 4194305 }));
    expect(await encodeTestFolder(pictures, out)).toMatchObject({ encoded: 0 });
  });

  test('stops writing once its lock was taken over, and leaves a sound store to the new writer', async () => {
    const out = join(folder, 'taken-over');
    let batches = 0;
    const onBatch = async () => {
      if (++batches === 3) await writeFile(join(out, '.lock'), JSON.stringify({ ...thisProcess(), pid: 4194305 }));
    };
    const encoder = fakeEncoder({ onBatch });
    await expect(encodeTestFolder(pictures, out, { encoder })).rejects.toThrow(/was taken over by process 4194305/);
    await encodeTestFolder(pictures, out);
    expect(await verifyLatents(out)).toEqual([]);
  });

  test('whose journal another process wrote into drops what is not its own', async () => {
    const out = join(folder, 'mixed');
    let batches = 0;
    const onBatch = async () => {
      if (++batches === 2) await appendFile(join(out, 'latents-00000.partial'), 'foreign bytes');
    };
    const encoder = fakeEncoder({ onBatch });
    await expect(encodeTestFolder(pictures, out, { encoder })).rejects.toThrow(/was changed by another process/);
    expect(await encodeTestFolder(pictures, out)).toMatchObject({ images: 21 });
    expect(await verifyLatents(out)).toEqual([]);
  });

  test('that was stopped goes on, and ends as if it had not been', async () => {
    const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')];
    await encodeTestFolder(pictures, whole);
    for (let stops = 0; stops < 3; stops++) {
      const stop = new AbortController();
      const encoder = fakeEncoder({ onBatch: () => stop.abort() });
      const summary = await encodeTestFolder(pictures, stopped, { encoder, signal: stop.signal });
      expect(summary).toMatchObject({ complete: false, encoded: 4 });
      await expect(openLatents(stopped)).rejects.toThrow(/is not finished/);
    }
    expect(await encodeTestFolder(pictures, stopped)).toMatchObject({ encoded: 9, images: 21 });
    expect(await contentOf(stopped)).toEqual(await contentOf(whole));
  });
});

test('a store under way tells how many images it has, those of the shard that is being filled among them', async () => {
  const out = join(folder, 'under-way');
  const stop = new AbortController();
  let batches = 0;
  const encoder = fakeEncoder({ onBatch: () => void (++batches === 5 && stop.abort()) });
  await encodeTestFolder(pictures, out, { encoder, signal: stop.signal, batch: 3, shardBytes: 8 * imageBytes });
  const description = await describeLatents(out);
  // Batches of 3, 3 and 2 fill a shard of 8.
  expect(description).toMatchObject({ images: 8, imagesUnderWay: 6, complete: false });
  expect(descriptionText(description)).toMatch(
    /^8 images in 1 shard, .*, 6 more in the shard under way, .*not finished/,
  );
  await encodeTestFolder(pictures, out, { shardBytes: 8 * imageBytes });
  expect(await describeLatents(out)).toMatchObject({ images: 21, imagesUnderWay: 0 });
});
