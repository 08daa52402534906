import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { evaluationBatches, trainingBatches } from '../../src/data/batches/batches.js';
import { checkFolder } from '../../src/data/check.js';
import { findImages } from '../../src/data/images.js';
import type { SkippedImage } from '../../src/data/skipped.js';

const photos = '../shared/images/photos';
const arePresent = existsSync(photos);
if (!arePresent) process.stdout.write(`Skipped: tests on photographs, for want of ${photos}\n`);

describe.skipIf(!arePresent)('photographs', () => {
  const include = 'caltech101/[a-e]*/*[0-7].jpg';

  test('a few hundred are read, in batches as by the check', async () => {
    const files = await findImages(photos, { include });
    expect(files.length).toBeGreaterThan(200);
    const skipped: SkippedImage[] = [];
    let [images, sum] = [0, 0];
    for await (const batch of evaluationBatches({ files, batch: 32, size: 64, maxPixels: 1e7, skipped })) {
      images += batch.files.length;
      for (const value of batch.images) sum += value;
    }
    expect({ images, skipped }).toEqual({ images: files.length, skipped: [] });
    expect(Math.abs(sum / (images * 64 * 64 * 3))).toBeLessThan(0.4);
    const check = await checkFolder(photos, { include, maxPixels: 1e7 });
    expect(check).toMatchObject({ images: files.length, formats: { jpeg: files.length }, skipped: [] });
    expect(Math.min(check.sizes.width.median, check.sizes.height.median)).toBeLessThanOrEqual(256);
  });

  test('training over the end of an epoch is the same with and without the cache', async () => {
    const files = (await findImages(photos, { include })).slice(0, 40);
    const options = {
      files,
      batch: 16,
      size: 64,
      crop: 'random',
      flip: true,
      seed: 3,
      firstStep: 1,
      maxPixels: 1e7,
    } as const;
    const [cached, uncached] = [
      trainingBatches({ ...options, skipped: [] }),
      trainingBatches({ ...options, skipped: [], cacheBytes: 0 }),
    ];
    for (let step = 0; step < 6; step++) {
      const [a, b] = [(await cached.next()).value, (await uncached.next()).value];
      expect(a?.files).toEqual(b?.files);
      expect(a && b && Buffer.from(a.images.buffer).equals(Buffer.from(b.images.buffer))).toBe(true);
    }
    await Promise.all([cached.return(), uncached.return()]);
  });
});
