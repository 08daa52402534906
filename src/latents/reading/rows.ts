/** Latents of chosen images of a store, drawn from their posteriors. */

import { type ChannelsFirst, toChannelsLast } from '../../channel-axes.js';
import { scaleInPlace } from '../../config/config.js';
import { UserError } from '../../errors.js';
import type { SafetensorsFile } from '../../interop/safetensors/safetensors.js';
import { normals, randomStream } from '../../random.js';
import { sizeOf } from '../format/layout.js';
import type { LatentScaling, Manifest } from '../format/manifest.js';
import type { Gathering } from './epochs/gathering.js';

/** Where an image's rows are. */
export interface RowPlace {
  readonly shard: number;
  readonly row: number;
}

/** What rows are read from: a store with its shards at hand. */
export interface RowSource {
  readonly path: string;
  readonly manifest: Manifest;
  /** How many images it holds. */
  readonly length: number;
  /**
   * [h, w, Z] of every latent.
   *
   * @throws UserError where they have not all the same
   */
  readonly shape: readonly [number, number, number];
  /** [h, w, Z] of an image's latent, which is that of its shard. @throws UserError where every picture keeps its own size */
  shapeOf(index: number): readonly [number, number, number];
  /** Which rows are fetched together, where single ones are slow to come. */
  readonly gathering?: Gathering | undefined;
  /** @throws RangeError where there is no such image */
  place(index: number): RowPlace;
  /** Reads from an open shard; it is closed when nobody needs it. */
  useShard<Result>(shard: number, read: (file: SafetensorsFile) => Promise<Result>): Promise<Result>;
}

/** An image of the store, as an epoch sees it. */
export interface Row {
  readonly index: number;
  readonly epoch: number;
}

/** What is drawn of latents. */
export interface RowOptions {
  /** Decides draws and mirroring, together with the epoch. */
  readonly seed: number;
  /** The posterior's mean, or a draw from it, another one in each epoch. */
  readonly sample: 'mean' | 'posterior';
  /** Take the mirrored image's latents for half of the images, at random. */
  readonly mirror?: boolean;
}

/** Latents of a batch, with their classes. */
export interface LatentBatch {
  /** [B, h, w, Z] */
  readonly latents: Float32Array;
  readonly shape: readonly [number, number, number, number];
  /** Positions of the classes in the manifest's `classes`, or -1: [B]. */
  readonly labels: Int32Array;
  /** Of the images in the store: [B]. */
  readonly indices: Uint32Array;
}

/** @throws UserError where mirrored latents are asked for and there are none */
export function assertMirrored({ path, manifest }: RowSource, { mirror }: Pick<RowOptions, 'mirror'>): void {
  if (mirror !== true || manifest.latent.mirrored) return;
  throw new UserError(`${path} has no latents of mirrored images: encode with --mirrored, or do not mirror.`);
}

export interface RowReading {
  /** Null leaves latents raw. */
  readonly scaling: LatentScaling | null;
  readonly gathering: Gathering | undefined;
}

/** Reads `rows`, whose latents have one shape, with what the options and the rows alone decide. */
export async function readRows(
  store: RowSource,
  rows: readonly Row[],
  options: RowOptions,
  { scaling, gathering }: RowReading,
): Promise<LatentBatch> {
  const shape = store.shapeOf(rows[0]?.index ?? 0);
  const [height, width, channels] = shape;
  const size = sizeOf(shape);
  const latents = new Float32Array(rows.length * size); // [B, h, w, Z]
  const labels = new Int32Array(rows.length);
  await Promise.all(
    rows.map(async ({ index, epoch }, position) => {
      const { shard, row } = store.place(index);
      const target = latents.subarray(position * size, (position + 1) * size);
      await store.useShard(shard, async (file) => {
        const piece = pieceAround(row, gathering?.pieceRows(shard) ?? 1, store.manifest.shards[shard]!.images);
        target.set(await readLatent(file, row, { index, epoch }, options, [channels, height, width], piece));
        labels[position] = Number((await labelsOf(file))[row]);
      });
    }),
  );
  if (scaling !== null) scaleInPlace(latents, scaling, (at) => at % channels);
  const indices = Uint32Array.from(rows, ({ index }) => index);
  return { latents, labels, indices, shape: [rows.length, ...shape] };
}

interface Piece {
  readonly first: number;
  readonly rows: number;
}

/** Pieces of `size` rows follow each other from the shard's first one on. */
function pieceAround(row: number, size: number, all: number): Piece {
  const first = row - (row % size);
  return { first, rows: Math.min(size, all - first) };
}

/** Of all rows of a shard, as long as it is open: rows in a random order would ask for the same few bytes again and again. */
const knownLabels = new WeakMap<SafetensorsFile, ReturnType<SafetensorsFile['readSlice']>>();

function labelsOf(file: SafetensorsFile): ReturnType<SafetensorsFile['readSlice']> {
  const known = knownLabels.get(file) ?? file.readSlice('label', 0, file.entries.get('label')?.shape[0] ?? 0);
  knownLabels.set(file, known);
  known.catch(() => knownLabels.delete(file));
  return known;
}

/** One image's latent, [h, w, Z]: a function of the options and the index alone. */
async function readLatent(
  file: SafetensorsFile,
  row: number,
  { index, epoch }: Row,
  { sample, mirror, seed }: RowOptions,
  shape: ChannelsFirst,
  piece: Piece,
): Promise<Float32Array> {
  const isMirrored = mirror === true && randomStream('mirror', seed, epoch, index).uniform() < 0.5;
  const suffix = isMirrored ? '_mirrored' : '';
  const names = ['mean', 'logvar'].map((name) => `${name}${suffix}`);
  const read = async (name: string) => {
    if (piece.rows > 1) file.expectRows(name, piece.first, piece.rows);
    return toChannelsLast(await file.readSliceFloat32(name, row, 1), shape);
  };
  const [mean, logvar] = await Promise.all(names.slice(0, sample === 'mean' ? 1 : 2).map(read));
  return logvar === undefined ? mean! : drawLatent(mean!, logvar, 'latent', seed, epoch, index);
}

/** mean + exp(logvar / 2) · noise (Kingma & Welling, arXiv 1312.6114, eq. 4), with noise that the key decides. */
export function drawLatent(mean: Float32Array, logvar: Float32Array, ...key: (string | number)[]): Float32Array {
  const noise = normals(mean.length, ...key);
  return mean.map((value, index) => value + Math.exp((logvar[index] as number) / 2) * (noise[index] as number));
}
