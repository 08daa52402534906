/** Caches of latents that other trainers keep, read image by image. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import fastGlob from 'fast-glob';
import type { ChannelsFirst } from '../../channel-axes.js';
import { reasonOf, UserError } from '../../errors.js';
import { readNpyFile, readNpzFile } from '../../interop/numpy/files.js';
import type { NumpyArray } from '../../interop/numpy/npy.js';
import { openTensorFile } from '../../interop/open-tensor-file.js';
import { openSafetensors } from '../../interop/safetensors/safetensors.js';

/** The latent of one image, [Z, h, w] each. */
export interface CachedLatent {
  /** What the image is called in the store. */
  readonly path: string;
  readonly class: string | null;
  readonly shape: ChannelsFirst;
  /** As the cache has it: see `isScaled` of its kind. */
  readonly mean: Float32Array;
  /** Absent where the cache holds a sample, or the latent of an encoder without variance. */
  readonly logvar?: Float32Array;
  readonly mirrored?: Pick<CachedLatent, 'mean' | 'logvar'>;
}

export interface LatentCache {
  readonly kind: string;
  /** Whether its numbers are those that diffusion sees, scaled. */
  readonly isScaled: boolean;
  /** Position is label. */
  readonly classes: readonly string[];
  readonly images: number;
  /** @param positions which ones, in which order; without them all, one after another */
  read(positions?: readonly number[]): AsyncGenerator<CachedLatent, void, void>;
}

const allOf = (list: readonly unknown[]): number[] => [...list.keys()];

/**
 * Finds out which trainer's cache `path` is.
 *
 * @throws UserError that names the layouts that are known
 */
export async function openLatentCache(path: string): Promise<LatentCache> {
  const status = await stat(path).catch((error: unknown) => {
    throw new UserError(`Cannot open ${path}: ${reasonOf(error)}.`);
  });
  if (!status.isDirectory()) throw new UserError(`Got the file ${path}, wanted the folder of a cache of latents.`);
  const cache =
    (await openDit(path)) ?? (await openLightning(path)) ?? (await openArchives(path)) ?? (await openOneTrainer(path));
  if (cache !== undefined) return cache;
  throw new UserError(
    `${path} is no cache of latents that is known here: wanted features/*.npy beside labels/ (DiT), *.safetensors with latents ` +
      '(LightningDiT, VA-VAE), *.npz with moments (MAR) or latents (sd-scripts), or *.pt with latent_image (OneTrainer).',
  );
}

const collator = new Intl.Collator('en', { numeric: true });
const inOrder = (names: readonly string[]) => [...names].sort(collator.compare);

/** No data set has more classes. */
const mostClasses = 2 ** 24;

/** As many classes as the greatest label asks for, called by their numbers. @throws UserError for what is no label */
function numbered(path: string, labels: readonly number[]): string[] {
  const odd = labels.find((label) => !Number.isInteger(label) || label < -1 || label >= mostClasses);
  if (odd !== undefined)
    throw new UserError(`${path} has the label ${odd}, wanted whole numbers from -1 to ${mostClasses - 1}.`);
  return Array.from({ length: labels.reduce((most, label) => Math.max(most, label + 1), 0) }, (_, label) => `${label}`);
}

/** `*features/0.npy` of [1, Z, h, w], scaled samples, and `*labels/0.npy` (github.com/facebookresearch/DiT; fast-DiT). */
async function openDit(path: string): Promise<LatentCache | undefined> {
  const folders = await readdir(path);
  const [features, labels] = [/features$/, /labels$/].map((pattern) => folders.find((name) => pattern.test(name)));
  if (features === undefined) return undefined;
  const names = inOrder((await readdir(join(path, features))).filter((name) => name.endsWith('.npy')));
  if (names.length === 0) return undefined;
  const labelOf = async (name: string) =>
    labels === undefined ? -1 : ((await readNpyFile(join(path, labels, name))).values[0] ?? -1);
  const known: number[] = [];
  for (const name of names) known.push(await labelOf(name));
  return {
    kind: 'DiT',
    isScaled: true,
    classes: numbered(path, known),
    images: names.length,
    async *read(positions = allOf(names)) {
      for (const index of positions) {
        const name = names[index] as string;
        const file = join(path, features, name);
        const array = await readNpyFile(file);
        const label = known[index] as number;
        yield { path: name, class: label < 0 ? null : `${label}`, ...latentOf(file, array) };
      }
    },
  };
}

/** Shards of `latents`, `latents_flip` [N, Z, h, w] and `labels` [N] (github.com/hustvl/LightningDiT, extract_features.py). */
async function openLightning(path: string): Promise<LatentCache | undefined> {
  const names = inOrder((await readdir(path)).filter((name) => name.endsWith('.safetensors')));
  const rows: { readonly name: string; readonly row: number; readonly label: number }[] = [];
  for (const name of names) {
    await using file = await openSafetensors(join(path, name));
    const shape = file.entries.get('latents')?.shape;
    if (shape === undefined) return undefined;
    const labels = file.entries.has('labels') ? [...(await file.readFloat32('labels'))] : [];
    for (let row = 0; row < (shape[0] ?? 0); row++) rows.push({ name, row, label: labels[row] ?? -1 });
  }
  if (names.length === 0) return undefined;
  const labels = rows.map(({ label }) => label);
  return {
    kind: 'LightningDiT',
    isScaled: false,
    classes: numbered(path, labels),
    images: rows.length,
    async *read(positions = allOf(rows)) {
      let shard: Awaited<ReturnType<typeof readLightningShard>> | undefined;
      for (const position of positions) {
        const { name, row, label } = rows[position] as (typeof rows)[number];
        if (shard?.name !== name) shard = await readLightningShard(path, name);
        yield { path: `${name}/${row}`, class: label < 0 ? null : `${label}`, ...shard.latent(row) };
      }
    },
  };
}

async function readLightningShard(folder: string, name: string) {
  const path = join(folder, name);
  await using file = await openSafetensors(path);
  const shape = file.entries.get('latents')?.shape as number[];
  const latents = await file.readFloat32('latents');
  const flips = file.entries.has('latents_flip') ? await file.readFloat32('latents_flip') : undefined;
  const size = latents.length / Math.max(1, shape[0] ?? 1);
  const cut = (values: Float32Array, row: number) =>
    latentOf(path, { shape: shape.slice(1), values: values.slice(row * size, (row + 1) * size) });
  const mirrored = (row: number) => flips && { mirrored: { mean: cut(flips, row).mean } };
  return { name, latent: (row: number): LatentValues => ({ ...cut(latents, row), ...mirrored(row) }) };
}

/** `moments` and `moments_flip` of MAR (github.com/LTH14/mar, main_cache.py), or `latents` of sd-scripts (kohya-ss). */
async function openArchives(path: string): Promise<LatentCache | undefined> {
  const names = inOrder(await fastGlob('**/*.npz', { cwd: path }));
  const [first] = names;
  if (first === undefined) return undefined;
  const isMar = (await readNpzFile(join(path, first))).has('moments');
  const classOf = (name: string) => (isMar && name.includes('/') ? (name.split('/').at(-2) as string) : null);
  return {
    kind: isMar ? 'MAR' : 'sd-scripts',
    isScaled: false,
    classes: [...new Set(names.map(classOf))].filter((name) => name !== null).sort(),
    images: names.length,
    async *read(positions = allOf(names)) {
      for (const position of positions) {
        const name = names[position] as string;
        const file = join(path, name);
        const arrays = await readNpzFile(file);
        const parts = isMar ? momentsOf(file, arrays) : sampleOf(file, arrays);
        yield { path: relative(path, file).replaceAll('\\', '/'), class: classOf(name), ...parts };
      }
    },
  };
}

/**
 * `image/GROUP/variation-0/NAME.pt`, each a dictionary with `latent_image` [Z, h, w], the posterior's mean
 * (github.com/Nerogar/OneTrainer, and DiskCache.py of github.com/Nerogar/mgds). Files of texts, beside them, have none.
 */
async function openOneTrainer(path: string): Promise<LatentCache | undefined> {
  const files = inOrder(await fastGlob('**/*.pt', { cwd: path, ignore: ['**/aggregate.pt'] }));
  const names: string[] = [];
  for (const name of files) {
    await using file = await openTensorFile(join(path, name));
    if (file.entries.has(latentImage)) names.push(name);
  }
  if (names.length === 0) return undefined;
  return {
    kind: 'OneTrainer',
    isScaled: false,
    classes: [],
    images: names.length,
    async *read(positions = allOf(names)) {
      for (const position of positions) {
        const name = names[position] as string;
        await using file = await openTensorFile(join(path, name));
        const shape = [...(file.entries.get(latentImage)?.shape ?? [])];
        yield {
          path: name,
          class: null,
          ...latentOf(file.path, { shape, values: await file.readFloat32(latentImage) }),
        };
      }
    },
  };
}

const latentImage = 'latent_image';

type LatentValues = Omit<CachedLatent, 'path' | 'class'>;

function momentsOf(file: string, arrays: ReadonlyMap<string, NumpyArray>): LatentValues {
  const split = (name: string) => {
    const { shape, mean: values } = latentOf(file, arrayOf(file, arrays, name));
    const [channels, height, width] = shape;
    if (channels % 2 !== 0) throw new UserError(`${file}: got ${channels} channels of moments, wanted an even number.`);
    const half = values.length / 2;
    return { shape: [channels / 2, height, width] as const, mean: values.slice(0, half), logvar: values.slice(half) };
  };
  return {
    ...split('moments'),
    ...(arrays.has('moments_flip') && { mirrored: split('moments_flip') }),
  } as LatentValues;
}

/** Newer files name the size of the latent: `latents_64x48`. */
function sampleOf(file: string, arrays: ReadonlyMap<string, NumpyArray>): LatentValues {
  const name = [...arrays.keys()].find((key) => /^latents(_\d+x\d+)?$/.test(key)) ?? 'latents';
  const flipped = name.replace('latents', 'latents_flipped');
  const mirrored = arrays.has(flipped) && { mirrored: { mean: latentOf(file, arrayOf(file, arrays, flipped)).mean } };
  return { ...latentOf(file, arrayOf(file, arrays, name)), ...mirrored };
}

function arrayOf(file: string, arrays: ReadonlyMap<string, NumpyArray>, name: string): NumpyArray {
  const array = arrays.get(name);
  if (array !== undefined) return array;
  throw new UserError(
    `${basename(file)} holds ${[...arrays.keys()].join(', ') || 'nothing'}, wanted ${name}: leave it out.`,
  );
}

/** [Z, h, w], with or without a batch of one before it, or one frame of a video after the channels. */
function latentOf(file: string, { shape, values }: NumpyArray): { shape: ChannelsFirst; mean: Float32Array } {
  const single = shape.length === 4 ? shape.slice(0, 2).indexOf(1) : -1;
  const own = single === -1 ? shape : shape.toSpliced(single, 1);
  const [channels, height, width] = own as [number, number, number];
  if (own.length === 3 && values.length > 0) return { shape: [channels, height, width], mean: values };
  throw new UserError(`${file}: got an array of ${shape.join('×')}, wanted channels × height × width.`);
}

/** Of numbers as the cache has them: what stands for the hash of an image that is not here. */
export const sha256OfValues = (values: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
