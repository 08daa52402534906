/** The photographs at the size of the experiment, cut and reduced once and not for every tokenizer anew. */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { findImages } from '../../src/data/images.js';
import { readPictures } from '../../src/diffusion/evaluation/read-pictures.js';
import { makeFolder } from '../../src/files.js';
import { pictureSide } from './tokenizers.js';

const maxPixels = 100_000_000;

/** Writes the centre squares of `photos` as PNG files to `out`, which appears when it is whole. */
export async function preparePictures(photos: string, out: string): Promise<void> {
  if (existsSync(out)) return;
  const draft = `${out}-under-way`;
  await rm(draft, { recursive: true, force: true });
  const { pictures, files } = await readPictures(await findImages(photos), { size: pictureSide, batch: 64, maxPixels });
  for (const [index, { pixels, width, height }] of pictures.entries()) {
    const path = join(draft, `${files[index]?.relativePath}.png`);
    await makeFolder(dirname(path));
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path);
  }
  await rename(draft, out);
}
