/** Image files become a store of latents. */
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ImageFile } from '../data/images.js';
import { toUnitRange } from '../data/pixels.js';
import { prefetch } from '../data/prefetch.js';
import type { SkippedImage } from '../data/skipped.js';
import { assertShape, UserError } from '../errors.js';
import {
  type Candidate,
  mirrored,
  preprocessingOf,
  type ReadableImage,
  readCandidate,
  type SquareOptions,
} from './candidates.js';
import { sizeOf } from './layout.js';
import type { EncoderFingerprint, LatentDtype } from './manifest.js';
import { openWriter, type PosteriorValues, type StoreWriter } from './writer.js';

/** A model as the store sees it. */
export interface LatentEncoder {
  readonly fingerprint: EncoderFingerprint;
  /** Constants of the model, if it has any: diffusion sees (latent - shift) * factor. */
  readonly scaling: { readonly shift: number; readonly factor: number } | null;
  /** [h, w, Z] of the latent of an image of `height` × `width` px. */
  shape(height: number, width: number): readonly [number, number, number];
  /** [B, H, W, 3] in [-1, 1] -> mean and logvar, each [B, h, w, Z]. Always asked with the same sizes. */
  encodeBatch(images: Float32Array, batch: number, height: number, width: number): Promise<PosteriorValues>;
}

export interface EncodeOptions extends SquareOptions {
  readonly encoder: LatentEncoder;
  /** Folder of the store: new, empty, or begun by the same encoder with the same options. */
  readonly out: string;
  /** Images per call of the encoder. */
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
}

/**
 * Encodes images into a store: new ones are appended, finished ones left alone, unreadable ones listed in skipped.jsonl. After
 * a crash the same call goes on where it was, and ends with the same bytes as without one.
 *
 * @throws UserError where `out` holds something else, or latents of another encoder, preprocessing or dtype
 */
export async function encodeFolder({ files, ...options }: EncodeFolderOptions): Promise<EncodeSummary> {
  return encodeCandidates(options, (isDone) => {
    const missing = files.filter(({ relativePath }) => !isDone(relativePath));
    const read = (file: ImageFile) => readCandidate(file, options);
    // Two decodes per core keep the cores busy; two batches ahead keep the encoder busy.
    const limits = { concurrency: 2 * availableParallelism(), ahead: 2 * options.batch };
    return { total: missing.length, candidates: prefetch(missing, read, limits) };
  });
}

export interface CandidateSource {
  /** How many candidates there are, if that is known. */
  readonly total: number | undefined;
  readonly candidates: AsyncGenerator<Candidate, void, void>;
}

/** Encodes whatever `open` finds; it is told which paths need no more work. */
export async function encodeCandidates(
  options: EncodeOptions,
  open: (isDone: (path: string) => boolean) => CandidateSource,
): Promise<EncodeSummary> {
  const { out, encoder, size, dtype } = options;
  const start = performance.now();
  const [height, width, channels] = encoder.shape(size, size);
  if (!Number.isInteger(height) || !Number.isInteger(width)) {
    throw new UserError(`Got images of ${size} px, which make latents of ${height}×${width}: choose another --size.`);
  }
  const shape: [number, number, number] = [channels, height, width];
  const writer = await openWriter(out, {
    ...options,
    encoder: encoder.fingerprint,
    preprocessing: preprocessingOf(options),
    latent: { layout: 'NCHW', shape, dtype, mirrored: options.mirrored },
    scaling: encoder.scaling,
  });
  try {
    const encoded = await encodeAll(open(writer.isDone), writer, options, start);
    const complete = options.signal?.aborted !== true;
    if (complete) await writer.finish();
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

/** Decoding, encoding and writing overlap: the next batch is decoded and this one computed while the last is written. */
async function encodeAll(
  { candidates, total }: CandidateSource,
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
      const { images, skipped } = await gather(candidates, Math.min(options.batch, writer.room()));
      if (images.length + skipped.length === 0) break;
      const posteriors = images.length === 0 ? [] : await encodeBatch(images, options);
      await settle();
      writing = writer.append({ images: images.map(({ record }) => record), skipped, posteriors });
      // Awaited in `settle`; until then a failure is not an unhandled one.
      writing.catch(() => undefined);
      done += images.length + skipped.length;
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
    const known = total ?? done;
    options.onProgress?.({ done, total: known, imagesPerSecond, secondsLeft: (known - done) / imagesPerSecond });
  }
}

/** Candidates until `limit` of them can be encoded, or there are no more. */
async function gather(candidates: AsyncGenerator<Candidate, void, void>, limit: number) {
  const images: ReadableImage[] = [];
  const skipped: SkippedImage[] = [];
  while (images.length < limit) {
    const { value: candidate } = await candidates.next();
    if (candidate === undefined) break;
    if ('pixels' in candidate) images.push(candidate);
    else skipped.push(candidate);
  }
  return { images, skipped };
}

/** Posteriors of the images and, where asked for, of the mirrored images. A short batch is filled up with grey. */
async function encodeBatch(images: readonly ReadableImage[], options: EncodeOptions): Promise<PosteriorValues[]> {
  const { encoder, batch, size } = options;
  const asIs = (pixels: Uint8Array) => pixels;
  const inMirror = (pixels: Uint8Array) => mirrored(pixels, size);
  const posteriors: PosteriorValues[] = [];
  for (const view of options.mirrored ? [asIs, inMirror] : [asIs]) {
    const input = new Float32Array(batch * size * size * 3); // [B, size, size, 3]
    images.forEach(({ pixels }, index) => {
      toUnitRange(view(pixels), input, index * pixels.length);
    });
    const posterior = await encoder.encodeBatch(input, batch, size, size);
    const wanted = batch * sizeOf(encoder.shape(size, size));
    for (const values of [posterior.mean, posterior.logvar]) {
      assertShape('latents of a batch', [values.length], [wanted], 'the encoder does not keep to its own shape');
    }
    posteriors.push(posterior);
  }
  return posteriors;
}

async function folderBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const sizes = names.map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
