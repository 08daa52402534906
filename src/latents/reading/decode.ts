/** Latents become picture files again. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PictureFormat } from '../../config/config.js';
import { prefetch } from '../../data/batches/prefetch.js';
import { encodePicture, pictureExtensions } from '../../data/pictures/picture-file.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { assertShape, UserError } from '../../errors.js';
import { type Confirm, makeFolder, writeFileAtomic } from '../../files.js';
import { lockPictures } from '../../lock/picture-folder.js';
import { nameOfEncoder } from '../format/identity.js';
import { commonShape, sizeOf } from '../format/layout.js';
import type { ImageRecord } from '../format/shards/shard.js';
import type { LatentDecoder } from '../model-roles.js';
import { resolveTiling, type Tiling } from '../tiles.js';
import { assertFree, begin, type DecodeRecord } from './decode-record.js';
import { decodeInTiles } from './decode-tiles.js';
import { assertFiniteLatents } from './finite-latents.js';
import { outputNames } from './output-names.js';
import { drawLatent } from './rows.js';
import type { LatentStore } from './store.js';

export type { LatentDecoder } from '../model-roles.js';

/** Tiles are for pictures of their own size. */
export interface DecodeLatentsOptions extends Tiling {
  /** What is decoded. */
  readonly store: LatentStore;
  /** The model of the store's encoder. */
  readonly decoder: LatentDecoder;
  /** Folder of the pictures: new, empty, or begun by the same decode. */
  readonly out: string;
  /** Of the picture files. */
  readonly format: PictureFormat;
  /** Decode the posterior's mean, or a draw from it that `seed` and the image's position decide. */
  readonly from: 'mean' | 'sample';
  /** Of the draws. */
  readonly seed: number;
  /** Images per call of the decoder. */
  readonly batch: number;
  /** Decode latents of another encoder, and replace what is in `out`. */
  readonly force: boolean;
  /** Told after every batch, in images. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops after the batch in flight; the next run goes on from there. */
  readonly signal?: AbortSignal;
}

/** What was decoded. */
export interface DecodeSummary {
  /** In the store. */
  readonly images: number;
  /** By this run; the others were there already. */
  readonly written: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** False if the run was stopped by its signal. */
  readonly complete: boolean;
}

/**
 * Writes a picture for every image of a store, in the folder tree of the originals. Pictures that an earlier run of the same
 * decode finished are left alone.
 *
 * @throws UserError where the latents are another encoder's or no finite numbers, or `out` holds something else
 */
export async function decodeLatents(options: DecodeLatentsOptions): Promise<DecodeSummary> {
  const { store, out, format } = options;
  const start = performance.now();
  assertSameEncoder(options);
  assertFormat(options);
  const record = recordOf(options);
  await assertFree(out, record, options.force);
  const paths: string[] = [];
  for await (const { path } of store.records()) paths.push(path);
  const names = outputNames(paths, pictureExtensions[format]);
  const files = names.map((name) => join(out, name));
  const lock = await lockPictures(out, files);
  try {
    // Again, now that nobody else writes there.
    if (!(await assertFree(out, record, options.force))) await begin(out, record, files);
    await writeMetadata(options, names);
    const { wanted, written } = await writePictures(options, files, lock.assertHeld);
    const seconds = (performance.now() - start) / 1000;
    const complete = written === wanted;
    return { images: store.length, written, seconds, imagesPerSecond: written / seconds, complete };
  } finally {
    await lock.release();
  }
}

/** Those of `files` that are not there. @returns how many these are, and how many were written */
async function writePictures(
  options: DecodeLatentsOptions,
  files: readonly string[],
  confirm: Confirm,
): Promise<{ wanted: number; written: number }> {
  const { store, signal } = options;
  // A batch larger than the store would be filled up with zeros.
  const batch = keepOwnSize(store) ? 1 : Math.max(1, Math.min(options.batch, files.length));
  const wanted = await missing(files);
  await createFolders(wanted.map((index) => files[index] as string));
  let written = 0;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const latents of prefetch(slicesOfOneShape(wanted, batch, store), readBatch, {
      concurrency: 1,
      ahead: 2,
    })) {
      const pictures = keepOwnSize(store)
        ? await decodeWhole(latents, options)
        : await decodeBatch(latents, { ...options, batch: store.manifest.latent.buckets ? latents.length : batch });
      await writing;
      writing = Promise.all(
        pictures.map(({ index, bytes }) => writeFileAtomic(files[index] as string, bytes, confirm)),
      );
      // Awaited before the next batch is written; until then a failure is not an unhandled one.
      writing.catch(() => undefined);
      written += pictures.length;
      options.onProgress?.({ done: written, total: wanted.length });
      if (signal?.aborted) break;
    }
    await writing;
  } finally {
    await Promise.allSettled([writing]);
  }
  return { wanted: wanted.length, written };

  function readBatch(indices: readonly number[]): Promise<LatentToDecode[]> {
    return Promise.all(indices.map((index) => readLatent(index, options)));
  }
}

interface LatentToDecode {
  readonly index: number;
  /** [h, w, Z] */
  readonly latent: Float32Array;
  readonly shape: readonly [number, number, number];
  readonly record: ImageRecord;
}

interface PictureFile {
  readonly index: number;
  readonly bytes: Buffer;
}

const keepOwnSize = ({ manifest: { latent } }: LatentStore) =>
  commonShape(latent.shape) === undefined && !latent.buckets;

async function readLatent(index: number, { store, from, seed }: DecodeLatentsOptions): Promise<LatentToDecode> {
  const { mean, logvar, shape, record } = await store.get(index);
  const latent = from === 'mean' ? mean : drawLatent(mean, logvar, 'decode', seed, index);
  await assertFiniteLatents(store, latent, [index]);
  return { index, latent, shape, record };
}

function recordOf(options: DecodeLatentsOptions): DecodeRecord {
  const { store, decoder, format, from, seed } = options;
  return {
    format: 'latent-vae/decoded',
    formatVersion: 1,
    decoder: decoder.fingerprint.sha256,
    encoder: store.manifest.encoder.sha256,
    firstShard: store.manifest.shards[0]?.latents.sha256 ?? null,
    pictures: format,
    from,
    seed: from === 'mean' ? 0 : seed,
    ...(keepOwnSize(store) && { tiles: tilingOf(options) }),
  };
}

/** A short batch is filled up with zeros; in a store with buckets, where there is one for each, it stays short. */
async function decodeBatch(latents: readonly LatentToDecode[], options: DecodeLatentsOptions): Promise<PictureFile[]> {
  const { decoder, batch, format } = options;
  const shape = (latents[0] as LatentToDecode).shape;
  const size = sizeOf(shape);
  const input = new Float32Array(batch * size); // [B, h, w, Z]
  latents.forEach(({ latent }, position) => {
    input.set(latent, position * size);
  });
  const sources = latents.map(({ record }) => record);
  const output = await decoder.decodeBatch(input, [batch, ...shape], sources); // [B, H, W, C]
  const [height, width] = decoder.imageSize(shape[0], shape[1]);
  const channels = decoder.imageChannels;
  const imageFloats = height * width * channels;
  assertShape('decoded batch', [output.length], [batch * imageFloats], 'the decoder does not keep to its own shape');
  return Promise.all(
    latents.map(async ({ index }, position) => {
      const pixels = toBytes(output.subarray(position * imageFloats, (position + 1) * imageFloats));
      return { index, bytes: await encodePicture({ pixels, channels, width, height }, format) };
    }),
  );
}

const tilingOf = ({ tileSize, tileOverlap, wholePixels, decoder }: DecodeLatentsOptions) =>
  resolveTiling({ tileSize, tileOverlap, wholePixels }, decoder);

/** One after the other, without what was added to fill whole cells. */
async function decodeWhole(latents: readonly LatentToDecode[], options: DecodeLatentsOptions): Promise<PictureFile[]> {
  const { decoder, format } = options;
  const tiling = tilingOf(options);
  const files: PictureFile[] = [];
  for (const { index, latent, shape, record } of latents) {
    const picture = await decodeInTiles(decoder, latent, shape, tiling, record.padding);
    files.push({ index, bytes: await encodePicture(picture, format) });
  }
  return files;
}

function assertSameEncoder({ store, decoder, force }: DecodeLatentsOptions): void {
  const { encoder } = store.manifest;
  if (force || encoder.sha256 === decoder.fingerprint.sha256) return;
  throw new UserError(
    `${store.path} holds latents of the encoder ${nameOfEncoder(encoder)}, this model is ` +
      `${nameOfEncoder(decoder.fingerprint)}: pass the model that encoded them, or --force if this is its other half.`,
  );
}

function assertFormat({ decoder, format }: DecodeLatentsOptions): void {
  if (format !== 'jpeg' || decoder.imageChannels !== 4) return;
  throw new UserError('Got --format jpeg for pictures with alpha, which JPEG has not: choose png or webp.');
}

/** Captions and metadata stay with their pictures: metadata.jsonl, as image folders of other programs have it. */
async function writeMetadata({ store, out }: DecodeLatentsOptions, names: readonly string[]): Promise<void> {
  if (store.manifest.shards.every(({ texts }) => texts === undefined)) return;
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const { caption, metadata } = await store.text(index);
    const known = typeof metadata === 'object' && !Array.isArray(metadata) ? metadata : { metadata };
    lines.push(`${JSON.stringify({ ...known, ...(caption !== undefined && { text: caption }), file_name: name })}\n`);
  }
  await writeFileAtomic(join(out, 'metadata.jsonl'), lines.join(''));
}

async function missing(files: readonly string[]): Promise<number[]> {
  const wanted: number[] = [];
  for (const [index, file] of files.entries()) {
    if ((await stat(file).catch(() => undefined)) === undefined) wanted.push(index);
  }
  return wanted;
}

async function createFolders(files: readonly string[]): Promise<void> {
  for (const folder of new Set(files.map(dirname))) await makeFolder(folder);
}

/** At most `size` images each, in their order, whose latents have one shape. */
function* slicesOfOneShape(indices: readonly number[], size: number, store: LatentStore): Generator<readonly number[]> {
  const shapeOf = (index: number) => (keepOwnSize(store) ? undefined : store.shapeOf(index).join());
  let slice: number[] = [];
  for (const index of indices) {
    const [first] = slice;
    if (first !== undefined && (slice.length === size || shapeOf(first) !== shapeOf(index))) {
      yield slice;
      slice = [];
    }
    slice.push(index);
  }
  if (slice.length > 0) yield slice;
}
