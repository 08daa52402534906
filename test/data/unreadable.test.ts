import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { evaluationBatches } from '../../src/data/batches/batches.js';
import { checkFolder } from '../../src/data/check.js';
import { findImages } from '../../src/data/images.js';
import { decodeImage } from '../../src/data/pictures/decode.js';
import { type SkippedImage, UnreadableImage } from '../../src/data/skipped.js';
import { drawn, makeFolder, noisePng, pngHeader, write } from './folders.js';

const folder = makeFolder();
const maxPixels = 1_000_000;
const noImage = 'not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image';

/** Why each file cannot be read. */
const broken: Record<string, string> = {
  'empty.jpg': 'file is empty',
  'text.jpg': noImage,
  'drawing.png': 'SVG is not read, convert it to PNG (rsvg-convert FILE -o out.png)',
  'nested.jpg': 'SVG is not read, convert it to PNG (rsvg-convert FILE -o out.png)',
  'document.tiff': 'PDF is not read, convert it to PNG (pdftoppm -png FILE out)',
  'photo-of-a-phone.avif': 'HEIC is not read, convert it to JPEG (heif-convert FILE out.jpg)',
  'only-a-start.png': 'damaged or truncated PNG',
  'huge.png': 'larger than the limit of 1000000 px (--max-pixels)',
  'enormous.png': 'larger than the limit of 1000000 px (--max-pixels)',
  'large.jpg': 'larger than the limit of 1000000 px (--max-pixels)',
  'half.jpg': 'damaged or truncated JPEG',
  'last-lines-missing.jpg': 'damaged or truncated JPEG',
  'progressive.jpg': 'damaged or truncated JPEG',
  'half.png': 'damaged or truncated PNG',
  'flipped-bits.png': 'damaged or truncated PNG',
  'half.webp': 'damaged or truncated WebP',
  'half.avif': 'damaged or truncated AVIF',
  'half.gif': 'damaged or truncated GIF',
  'half.tiff': 'damaged or truncated TIFF',
};

const readable = ['one.png', 'real-png.jpg', 'strip.png', 'sub/ünï cødé 日本 #1.PNG', 'sub/photo[1].JPeG'];

beforeAll(async () => {
  const image = drawn(90, 120, (x, y) => [2 * x, 2 * y, (x * y) % 256]);
  const files = {
    jpg: await image.clone().jpeg().toBuffer(),
    png: await image.clone().png().toBuffer(),
    webp: await image.clone().webp().toBuffer(),
    avif: await image.clone().avif({ effort: 0 }).toBuffer(),
    gif: await image.clone().gif().toBuffer(),
    tiff: await image.clone().tiff().toBuffer(),
  };
  for (const [extension, bytes] of Object.entries(files)) {
    write(folder, `half.${extension}`, bytes.subarray(0, bytes.length / 2));
  }
  write(folder, 'last-lines-missing.jpg', files.jpg.subarray(0, files.jpg.length * 0.97));
  const progressive = await image.clone().jpeg({ progressive: true }).toBuffer();
  write(folder, 'progressive.jpg', progressive.subarray(0, progressive.length * 0.7));
  const flipped = Buffer.from(files.png);
  for (let at = flipped.length >> 1; at < (flipped.length >> 1) + 20; at++) flipped[at] = ~(flipped[at] as number);
  write(folder, 'flipped-bits.png', flipped);

  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  write(folder, 'empty.jpg', '');
  write(folder, 'text.jpg', 'This is not a picture.');
  write(folder, 'drawing.png', `<?xml version="1.0"?>${svg}`);
  write(folder, 'nested.jpg', `<svg xmlns="http://www.w3.org/2000/svg">${'<g>'.repeat(100_000)}`);
  write(folder, 'document.tiff', '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj');
  write(folder, 'photo-of-a-phone.avif', Buffer.from('0000001866747970686569630000000068656963', 'hex'));
  write(folder, 'only-a-start.png', files.png.subarray(0, 12));
  write(folder, 'huge.png', pngHeader(30_000, 30_000));
  write(folder, 'enormous.png', pngHeader(900_000, 900_000));
  const white = sharp({ create: { width: 1001, height: 1000, channels: 3, background: 'white' } });
  write(folder, 'large.jpg', await white.jpeg().toBuffer());

  write(folder, 'one.png', await noisePng(1, 1, 1));
  write(folder, 'real-png.jpg', await noisePng(2));
  write(folder, 'strip.png', await noisePng(3, 20_000, 10));
  write(folder, 'sub/ünï cødé 日本 #1.PNG', await noisePng(4));
  write(folder, 'sub/photo[1].JPeG', files.jpg);
});

test('every readable file is read, every other one is listed with its reason', async () => {
  const files = await findImages(folder);
  const skipped: SkippedImage[] = [];
  const read: string[] = [];
  for await (const batch of evaluationBatches({ files, batch: 2, size: 16, maxPixels, skipped })) {
    read.push(...batch.files.map((file) => file.relativePath));
  }
  expect(read).toEqual([...readable].sort());
  expect(skipped).toEqual(
    Object.keys(broken)
      .sort()
      .map((path) => ({ path, reason: broken[path] })),
  );
});

test('doctor counts what can be read and lists the rest', async () => {
  const progress: string[] = [];
  const onProgress = (done: number, files: number) => progress.push(`${done}/${files}`);
  const { skipped, ...counts } = await checkFolder(folder, { maxPixels, onProgress });
  expect(counts).toMatchObject({
    images: 5,
    labels: { sub: 2 },
    sizes: { width: { min: 1, median: 24, max: 20_000 }, height: { min: 1, median: 16, max: 120 } },
    formats: { png: 4, jpeg: 1 },
  });
  expect(skipped.map(({ path }) => path)).toEqual(Object.keys(broken).sort());
  const total = readable.length + Object.keys(broken).length;
  expect([progress[0], progress.at(-1)]).toEqual([`1/${total}`, `${total}/${total}`]);
});

test('a limit can be raised, from a buffer as from a file', async () => {
  const path = join(folder, 'large.jpg');
  const options = { size: 8, crop: { kind: 'center' }, mirror: false } as const;
  const limited = decodeImage(readFileSync(path), { ...options, maxPixels });
  await expect(limited).rejects.toThrow(new UnreadableImage('larger than the limit of 1000000 px (--max-pixels)'));
  const { pixels } = await decodeImage(path, { ...options, maxPixels: 1_001_000 });
  expect([...pixels]).toEqual(Array(8 * 8 * 3).fill(255));
});

test('files that are gone or are folders are the fault of that file alone', async () => {
  const options = { size: 8, crop: { kind: 'center' }, mirror: false, maxPixels } as const;
  await expect(decodeImage(join(folder, 'gone.jpg'), options)).rejects.toThrow('file does not exist');
  await expect(decodeImage(join(folder, 'sub'), options)).rejects.toThrow('is a folder');
  await expect(decodeImage(Buffer.alloc(0), options)).rejects.toThrow(UnreadableImage);
});
