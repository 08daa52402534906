/**
 * Reading a store of very many images: opening it, its order, the first batch, an epoch. The store is made up, of tiny latents in
 * as many shards as a thousand parts have: npm run bench -- index [--images N] [--parts N]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { note, print, printJson } from '../scripts/cli/output.js';
import { sha256Of } from '../src/digest.js';
import { mergeParts } from '../src/latents/parts/merge.js';
import { partFolder, partNumberOf } from '../src/latents/parts/part.js';
import { openLatents } from '../src/latents/reading/store.js';
import { openWriter } from '../src/latents/writing/store/writer.js';

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      images: { type: 'string', default: '1000000' },
      parts: { type: 'string', default: '1000' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-index-'));
  try {
    const figures = await measure(folder, Number(values.images), Number(values.parts));
    if (values.json) printJson(figures);
    else for (const [name, value] of Object.entries(figures)) print(`${name.padEnd(20)} ${value.toFixed(2)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(store: string, images: number, parts: number): Promise<Record<string, number>> {
  const paths = Array.from({ length: parts }, (): string[] => []);
  for (let index = 0; index < images; index++) {
    const path = `folder-${index % 1000}/${index}.jpg`;
    paths[partNumberOf(path, parts) - 1]?.push(path);
  }
  for (const [at, own] of paths.entries()) await writePart(store, { number: at + 1, count: parts }, own);
  paths.length = 0;
  note(`${images} images in ${parts} parts are written`);
  const clock = stopwatch();
  await mergeParts(store);
  const mergeSeconds = clock();
  await using opened = await openLatents(store);
  const openSeconds = clock();
  const options = { batch: 256, seed: 0, epoch: 0, shuffle: true, sample: 'posterior', scaled: true } as const;
  const batches = opened.batches(options);
  await batches.next();
  const firstBatchSeconds = clock();
  let read = options.batch;
  for await (const { indices } of batches) read += indices.length;
  const epochSeconds = clock();
  if (read < images) throw new Error(`An epoch had ${read} of ${images} images`);
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { images, parts, mergeSeconds, openSeconds, firstBatchSeconds, epochSeconds, peakMiB };
}

async function writePart(
  store: string,
  part: { number: number; count: number },
  paths: readonly string[],
): Promise<void> {
  const path = join(store, partFolder(part));
  await mkdir(path, { recursive: true });
  const writer = await openWriter(path, {
    encoder: { sha256: sha256Of('encoder'), name: 'made up' },
    preprocessing: { size: 8 },
    latent: { layout: 'NCHW', shape: [4, 1, 1], dtype: 'float32', mirrored: false },
    ...{ scaling: null, classes: [], shardBytes: 2 ** 26, retrySkipped: false, part: { ...part, of: 'images' } },
  });
  const crop = { left: 0, top: 0, width: 8, height: 8 };
  const images = paths.map((name) => ({ path: name, class: null, sha256: sha256Of(name), width: 8, height: 8, crop }));
  const mean = new Float32Array(4 * paths.length).map((_, index) => Math.sin(index));
  const logvar = new Float32Array(mean.length).fill(-2);
  if (images.length > 0) await writer.append({ images, skipped: [], shape: [4, 1, 1], posteriors: [{ mean, logvar }] });
  await writer.finish();
  await writer.close();
}

function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return (last - before) / 1000;
  };
}
