/** Pictures in batches: endless and shuffled for training, finite and in order for everything else. */
import { availableParallelism } from 'node:os';
import { permutation, randomStream } from '../../random.js';
import type { ImageFile } from '../images.js';
import type { ResizeOptions } from '../pictures/decode.js';
import type { Crop } from '../pictures/framing/crop.js';
import { createPictureReader, readPicture } from '../pictures/pictures.js';
import { nothingReadable, type SkippedImage } from '../skipped.js';
import { type PrefetchOptions, prefetch } from './prefetch.js';
import { type Augmentation, collectBatches, fillSlot, type ImageBatch } from './slots.js';

export type { ImageBatch } from './slots.js';

/** Which images are put in batches, and how. */
export interface ImageBatchOptions extends ResizeOptions {
  /** In the order in which evaluation takes them. */
  readonly files: readonly ImageFile[];
  /** Images per batch. */
  readonly batch: number;
  /** Gets every file that had to be left out, once, before the batch that misses it is handed out. */
  readonly skipped: SkippedImage[];
  /** How many batches may be decoded ahead of the consumer. Default 2. */
  readonly prefetchBatches?: number;
  /** How many files may be in the works at once. Default two per core. */
  readonly decodes?: number;
}

/** How images are put in endless, shuffled batches. */
export interface TrainingBatchOptions extends ImageBatchOptions {
  /** The middle of each picture, or another square in every epoch. */
  readonly crop: Crop['kind'];
  /** The least share of a picture's shorter side that a random crop covers, 0 to 1; scales are drawn log-uniformly. Default 1. */
  readonly cropScale?: number;
  /** Whether half of the images are mirrored. */
  readonly flip: boolean;
  /** Decides order, crops and mirroring. */
  readonly seed: number;
  /** Number of the first batch to hand out, from 0. */
  readonly firstStep: number;
  /** Of every batch only this one of equal shares, for processes that train together; counted from 0. */
  readonly share?: { readonly index: number; readonly count: number };
  /** Memory for pictures that then need not be decoded again. Changes nothing but the speed. */
  readonly cacheBytes?: number;
}

const defaultCacheBytes = 512 * 2 ** 20;

/**
 * Endless batches; each epoch visits every file once, in a new order.
 *
 * Image i of the stream is a function of (files, seed, i) alone: batch n is the same whether or not the ones before
 * were asked for, so a run that continues at `firstStep` sees what an uninterrupted one sees. An unreadable file is
 * replaced by the next readable one of that epoch's order.
 *
 * @throws UserError if no file can be read
 */
export async function* trainingBatches(options: TrainingBatchOptions): AsyncGenerator<ImageBatch, void, void> {
  const { files, batch, firstStep, seed, skipped } = options;
  const orderOfEpoch = rememberTwo((epoch) => permutation(files.length, 'order', seed, epoch));
  const read = createPictureReader({ ...options, cacheBytes: options.cacheBytes ?? defaultCacheBytes });
  const fill = async (index: number) => {
    const order = orderOfEpoch(Math.floor(index / files.length));
    const slot = await fillSlot(inOrder(files, order, index % files.length), read, augmentation(index, options));
    if (slot.filled === undefined) throw nothingReadable(files.length, slot.failures[0]);
    return slot;
  };
  const { index = 0, count = 1 } = options.share ?? {};
  const images = batch / count;
  const numbers = numbersOf(firstStep * batch + index * images, images, batch);
  yield* collectBatches(prefetch(numbers, fill, limits({ ...options, batch: images })), images, skipped);
}

/**
 * Every readable file once, in order: its centre crop, not mirrored. The last batch may be smaller.
 *
 * @throws UserError if no file can be read
 */
export async function* evaluationBatches(options: ImageBatchOptions): AsyncGenerator<ImageBatch, void, void> {
  const { files, batch, skipped } = options;
  const read = (file: ImageFile) => readPicture(file, options);
  const fill = (file: ImageFile) => fillSlot([file], read, { crop: { kind: 'center' }, mirror: false });
  let batches = 0;
  for await (const images of collectBatches(prefetch(files, fill, limits(options)), batch, skipped)) {
    batches++;
    yield images;
  }
  if (batches > 0) return;
  const example = skipped.find(({ path }) => path === files[0]?.relativePath);
  throw nothingReadable(files.length, example);
}

function augmentation(index: number, { crop, cropScale = 1, size, flip, seed }: TrainingBatchOptions): Augmentation {
  const stream = randomStream('augment', seed, index);
  const [x, y, coin, zoom] = [stream.uniform(), stream.uniform(), stream.uniform(), stream.uniform()];
  const mirror = flip && coin < 0.5;
  if (crop === 'center') return { crop: { kind: 'center' }, mirror };
  return { crop: { kind: 'random', x, y, side: size }, mirror, pictureSize: Math.round(size * cropScale ** -zoom) };
}

/** The files in the given order, from `position` on and around. */
function* inOrder(files: readonly ImageFile[], order: Uint32Array, position: number): Generator<ImageFile> {
  for (let step = 0; step < order.length; step++) {
    yield files[order[(position + step) % order.length] as number] as ImageFile;
  }
}

/** `count` numbers from `first` on, and again `stride` later, without end. */
function* numbersOf(first: number, count: number, stride: number): Generator<number> {
  for (let start = first; ; start += stride) for (let number = start; number < start + count; number++) yield number;
}

/** A decode is several short waits for the system: two per core keep the cores busy. */
function limits({
  batch,
  prefetchBatches = 2,
  decodes = 2 * availableParallelism(),
}: ImageBatchOptions): PrefetchOptions {
  return { concurrency: decodes, ahead: batch * prefetchBatches };
}

/** Epochs begin one after the other, and decoding ahead touches two at once. */
function rememberTwo<Value>(compute: (epoch: number) => Value): (epoch: number) => Value {
  const remembered = new Map<number, Value>();
  return (epoch) => {
    const value = remembered.get(epoch) ?? compute(epoch);
    remembered.set(epoch, value);
    remembered.delete(epoch - 2);
    return value;
  };
}
