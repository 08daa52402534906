/** Image files become a store of latents. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LatentDtype } from '../../config/config.js';
import { type ImageFile, labelsOf } from '../../data/images.js';
import { nothingReadable, type SkippedImage } from '../../data/skipped.js';
import type { PartDescription } from '../format/manifest.js';
import type { LatentEncoder } from '../model-roles.js';
import { squareMethod } from './encoding/encode-squares.js';
import { tileMethod } from './encoding/encode-tiles.js';
import type { EncodedImages, EncodingMethod } from './encoding/encoding-method.js';
import { type Candidate, preprocessingOf } from './input/candidates.js';
import { type ReaderOptions, readAhead } from './input/reading.js';
import { openWriter, type StoreWriter } from './store/writer.js';

export type { LatentEncoder } from '../model-roles.js';

export interface EncodeOptions extends ReaderOptions {
  readonly encoder: LatentEncoder;
  /** Folder of the store: new, empty, or begun by the same encoder with the same options. */
  readonly out: string;
  /** Images per call of the encoder; tiles come one by one. */
  readonly batch: number;
  readonly dtype: LatentDtype;
  /** Whether to store the latents of the mirrored images too. */
  readonly mirrored: boolean;
  /** Upper bound of a shard, in bytes. A store that exists keeps what it was begun with. */
  readonly shardBytes: number;
  /** Whether to try the images of skipped.jsonl again. */
  readonly retrySkipped: boolean;
  readonly onProgress?: (progress: EncodeProgress) => void;
  /** Stops after the batch in flight; the next run goes on from there. */
  readonly signal?: AbortSignal;
}

export interface EncodeProgress {
  /** Images handled, of `total` that were not handled before. */
  readonly done: number;
  readonly total: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

export interface EncodeSummary {
  /** In the store now. */
  readonly images: number;
  /** By this run. */
  readonly encoded: number;
  readonly skipped: readonly SkippedImage[];
  readonly shards: number;
  /** Of all files of the store. */
  readonly sizeBytes: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** False if the run was stopped by its signal. */
  readonly complete: boolean;
}

export interface EncodeFolderOptions extends EncodeOptions {
  readonly files: readonly ImageFile[];
  /** Position is number; the sorted labels of `files` unless told otherwise. Those of a store that exists stay where they are. */
  readonly classes?: readonly string[] | undefined;
  /** What part of a larger store `out` is, whose images `files` are. */
  readonly part?: PartDescription | undefined;
  /** Of all parts together, which decide how large a batch is: an image's latent may depend on that in its last bit. */
  readonly imagesOfAllParts?: number | undefined;
}

/**
 * Encodes images into a store: new ones are appended, finished ones left alone, unreadable ones listed in skipped.jsonl. After
 * a crash the same call goes on where it was, and ends with the same bytes as without one.
 *
 * @throws UserError where `out` holds something else, or latents of another encoder, preprocessing or dtype; also at the end,
 *   where none of the images is in the store
 */
export async function encodeFolder(options: EncodeFolderOptions): Promise<EncodeSummary> {
  const { files, out, encoder, size, dtype, range, classes = labelsOf(files) } = options;
  const { imageChannels } = encoder;
  const start = performance.now();
  // A batch larger than the folder would be filled up with grey.
  const batch = Math.max(1, Math.min(options.batch, options.imagesOfAllParts ?? files.length));
  const method =
    typeof size === 'number' ? squareMethod({ ...options, size, batch }) : tileMethod({ ...options, size });
  const writer = await openWriter(out, {
    ...options,
    encoder: encoder.fingerprint,
    preprocessing: preprocessingOf({ size, imageChannels, range }),
    latent: { layout: 'NCHW', shape: method.shape, dtype, mirrored: options.mirrored },
    scaling: encoder.scaling,
    classes,
  });
  try {
    const missing = files.filter(({ relativePath }) => !writer.isDone(relativePath));
    const inputs = missing.map(({ relativePath, label = null, ...source }) => ({ path: relativePath, label, source }));
    // Two batches ahead keep the encoder busy.
    const candidates = readAhead(inputs, { ...options, imageChannels }, 2 * method.batch);
    const encoded = await encodeAll({ total: missing.length, candidates }, method, writer, options, start);
    const complete = options.signal?.aborted !== true;
    if (complete) await writer.finish();
    // What one part lacks, others may have.
    if (complete && !options.part) assertSomeStored(files, writer);
    const { images, shards } = writer.manifest();
    const seconds = (performance.now() - start) / 1000;
    return {
      images,
      encoded,
      skipped: writer.skipped(),
      shards: shards.length,
      sizeBytes: await folderBytes(out),
      seconds,
      imagesPerSecond: encoded / seconds,
      complete,
    };
  } finally {
    await writer.close();
  }
}

interface CandidateSource {
  readonly total: number;
  readonly candidates: AsyncGenerator<Candidate, void, void>;
}

function assertSomeStored(files: readonly ImageFile[], { isDone, skipped }: StoreWriter): void {
  const reasons = new Map(skipped().map((image) => [image.path, image]));
  const isStored = ({ relativePath }: ImageFile) => isDone(relativePath) && !reasons.has(relativePath);
  if (files.some(isStored)) return;
  throw nothingReadable(files.length, reasons.get(files[0]?.relativePath ?? ''));
}

const nothing: EncodedImages = { images: [], posteriors: [], shape: [1, 1, 1] };

/** Decoding, encoding and writing overlap: the next batch is decoded and this one computed while the last is written. */
async function encodeAll(
  { candidates, total }: CandidateSource,
  method: EncodingMethod,
  writer: StoreWriter,
  options: EncodeOptions,
  start: number,
): Promise<number> {
  let [encoded, done] = [0, 0];
  let writing: Promise<number> = Promise.resolve(0);
  const settle = async () => {
    const stored = await writing;
    writing = Promise.resolve(0);
    encoded += stored;
  };
  try {
    for (;;) {
      const { images, skipped } = await gather(candidates, Math.min(method.batch, writer.room()), method);
      if (images + skipped.length === 0) break;
      const encodedBatch = images === 0 ? nothing : await method.encode();
      await settle();
      writing = writer.append({ ...encodedBatch, skipped });
      // Awaited in `settle`; until then a failure is not an unhandled one.
      writing.catch(() => undefined);
      done += images + skipped.length;
      report();
      if (options.signal?.aborted) break;
    }
    await settle();
    return encoded;
  } finally {
    await candidates.return();
    await Promise.allSettled([writing]);
  }

  function report(): void {
    const imagesPerSecond = done / ((performance.now() - start) / 1000);
    const secondsLeft = (total - done) / imagesPerSecond;
    options.onProgress?.({ done, total, imagesPerSecond, secondsLeft });
  }
}

/** Adds candidates to the batch until `limit` of them can be encoded, or there are no more. */
async function gather(candidates: AsyncGenerator<Candidate, void, void>, limit: number, batch: EncodingMethod) {
  let images = 0;
  const skipped: SkippedImage[] = [];
  while (images < limit) {
    const { value: candidate } = await candidates.next();
    if (candidate === undefined) break;
    if ('picture' in candidate) {
      batch.add(candidate);
      images++;
    } else skipped.push(candidate);
  }
  return { images, skipped };
}

async function folderBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const sizes = names.map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
