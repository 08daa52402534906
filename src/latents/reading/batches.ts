/** Epochs over a store: seeded order, draws from the posteriors, the scale that diffusion wants. */
import { prefetch } from '../../data/batches/prefetch.js';
import { UserError } from '../../errors.js';
import type { SafetensorsFile } from '../../interop/safetensors/safetensors.js';
import { normals, permutation, randomStream } from '../../random.js';
import { type ChannelsFirst, sizeOf, toChannelsLast } from '../format/layout.js';
import type { LatentScaling, Manifest } from '../format/manifest.js';

/** Where an image's rows are. */
export interface RowPlace {
  readonly shard: number;
  readonly row: number;
}

/** What batches are made from: a store with its shards at hand. */
export interface BatchSource {
  readonly path: string;
  readonly manifest: Manifest;
  /** How many images it holds. */
  readonly length: number;
  /**
   * [h, w, Z] of every latent.
   *
   * @throws UserError where every picture keeps its own size
   */
  readonly shape: readonly [number, number, number];
  /** @throws RangeError where there is no such image */
  place(index: number): RowPlace;
  /** Reads from an open shard; it is closed when nobody needs it. */
  useShard<Result>(shard: number, read: (file: SafetensorsFile) => Promise<Result>): Promise<Result>;
}

export interface BatchOptions {
  /** Images per batch; the last may be smaller. */
  readonly batch: number;
  /** Decides order, draws and mirroring, together with `epoch`. */
  readonly seed: number;
  readonly epoch: number;
  /** In a random order instead of the store's. */
  readonly shuffle: boolean;
  /** The posterior's mean, or a draw from it, another one in each epoch. */
  readonly sample: 'mean' | 'posterior';
  /** (latent - shift) * factor, as diffusion wants it, instead of raw latents. */
  readonly scaled: boolean;
  /** Take the mirrored image's latents for half of the images, at random. */
  readonly mirror?: boolean;
}

export interface LatentBatch {
  /** [B, h, w, Z] */
  readonly latents: Float32Array;
  readonly shape: readonly [number, number, number, number];
  /** Positions of the classes in the manifest's `classes`, or -1: [B]. */
  readonly labels: Int32Array;
  /** Of the images in the store: [B]. */
  readonly indices: Uint32Array;
}

/** One epoch. Memory holds a few batches and four bytes per image of the store. */
export async function* latentBatches(
  store: BatchSource,
  options: BatchOptions,
): AsyncGenerator<LatentBatch, void, void> {
  const { scaling, latent } = store.manifest;
  if (options.mirror === true && !latent.mirrored) {
    throw new UserError(`${store.path} has no latents of mirrored images: encode with --mirrored, or do not mirror.`);
  }
  const { seed, epoch } = options;
  const order = options.shuffle
    ? permutation(store.length, 'latents', seed, epoch)
    : Uint32Array.from({ length: store.length }, (_, index) => index);
  const read = (indices: Uint32Array) => readBatch(store, indices, options, options.scaled ? scaling : null);
  yield* prefetch(slices(order, options.batch), read, { concurrency: 1, ahead: 2 });
}

function* slices(order: Uint32Array, batch: number): Generator<Uint32Array> {
  for (let first = 0; first < order.length; first += batch) yield order.subarray(first, first + batch);
}

async function readBatch(
  store: BatchSource,
  indices: Uint32Array,
  options: BatchOptions,
  scaling: LatentScaling | null,
): Promise<LatentBatch> {
  const [height, width, channels] = store.shape;
  const size = sizeOf(store.shape);
  const latents = new Float32Array(indices.length * size); // [B, h, w, Z]
  const labels = new Int32Array(indices.length);
  await Promise.all(
    [...indices].map(async (index, position) => {
      const { shard, row } = store.place(index);
      const target = latents.subarray(position * size, (position + 1) * size);
      await store.useShard(shard, async (file) => {
        target.set(await readLatent(file, row, index, options, [channels, height, width]));
        labels[position] = Number((await file.readSlice('label', row, 1))[0]);
      });
    }),
  );
  if (scaling !== null) scaleInPlace(latents, scaling);
  return { latents, labels, indices: Uint32Array.from(indices), shape: [indices.length, ...store.shape] };
}

/** One image's latent, [h, w, Z]: a function of the options and the index alone. */
async function readLatent(
  file: SafetensorsFile,
  row: number,
  index: number,
  { sample, mirror, seed, epoch }: BatchOptions,
  shape: ChannelsFirst,
): Promise<Float32Array> {
  const isMirrored = mirror === true && randomStream('mirror', seed, epoch, index).uniform() < 0.5;
  const suffix = isMirrored ? '_mirrored' : '';
  const read = async (name: string) => toChannelsLast(await file.readSliceFloat32(`${name}${suffix}`, row, 1), shape);
  const mean = await read('mean');
  return sample === 'mean' ? mean : drawLatent(mean, await read('logvar'), 'latent', seed, epoch, index);
}

/** mean + exp(logvar / 2) · noise (Kingma & Welling, arXiv 1312.6114, eq. 4), with noise that the key decides. */
export function drawLatent(mean: Float32Array, logvar: Float32Array, ...key: (string | number)[]): Float32Array {
  const noise = normals(mean.length, ...key);
  return mean.map((value, index) => value + Math.exp((logvar[index] as number) / 2) * (noise[index] as number));
}

function scaleInPlace(latents: Float32Array, { shift, factor }: LatentScaling): void {
  for (let index = 0; index < latents.length; index++) {
    latents[index] = ((latents[index] as number) - shift) * factor;
  }
}
