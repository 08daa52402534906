/**
 * A shard: `latents-00000.safetensors` with the tensors of at most `imagesPerShard` images, and `latents-00000.json`, its
 * index, with what is known of each of these images.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import { openSafetensors, type SafetensorsFile, type TensorToWrite, writeSafetensors } from '../interop/safetensors.js';
import { sha256OfFile, sha256Schema } from './digest.js';
import { readJson } from './json-file.js';
import { type LatentDescription, latentDtypes, type Manifest, type ShardRecord, shardStem } from './manifest.js';
import { rowBytesOf } from './packing.js';
import { relativePathSchema } from './relative-path.js';
import { type LatentMoments, mergeMoments, momentsOf, momentsSchema } from './statistics.js';

const px = z.number().int().min(0);

export const imageRecordSchema = z.strictObject({
  /** From the folder that was encoded, with forward slashes. */
  path: relativePathSchema,
  class: z.string().nullable(),
  /** Of the image file. */
  sha256: sha256Schema,
  /** Of the upright original, in px. */
  width: px,
  height: px,
  /** What of the original was encoded, in px. */
  crop: z.strictObject({ left: px, top: px, width: px, height: px }),
});
export type ImageRecord = z.infer<typeof imageRecordSchema>;

const shardIndexSchema = z.strictObject({
  format: z.literal('latent-vae/shard'),
  formatVersion: z.literal(1),
  /** In the order of the tensors' rows. */
  images: z.array(imageRecordSchema).min(1),
  moments: momentsSchema,
});
export type ShardIndex = z.infer<typeof shardIndexSchema>;

const plainTensors = ['mean', 'logvar'] as const;
const mirroredTensors = ['mean_mirrored', 'logvar_mirrored'] as const;
export type LatentTensor = (typeof plainTensors)[number] | (typeof mirroredTensors)[number];

export function latentTensorsOf({ mirrored }: LatentDescription): readonly LatentTensor[] {
  return mirrored ? [...plainTensors, ...mirroredTensors] : plainTensors;
}

/** Labels are the class's position in the manifest's `classes`, or this. */
export const noLabel = -1;

export interface ShardContent {
  readonly number: number;
  readonly images: readonly ImageRecord[];
  readonly labels: readonly number[];
  /** All rows of a tensor in parts, in the bytes of the store's dtype. */
  readonly readTensor: (tensor: LatentTensor) => AsyncIterable<Uint8Array>;
}

/** Writes a shard and its index, and says what the manifest has to know of them. */
export async function writeShard(
  store: string,
  latent: LatentDescription,
  { number, images, labels, readTensor }: ShardContent,
): Promise<{ record: ShardRecord; moments: LatentMoments }> {
  const stem = shardStem(number);
  const path = join(store, `${stem}.safetensors`);
  const tensors = latentTensorsOf(latent).map((name): TensorToWrite => {
    const shape = [images.length, ...latent.shape]; // [N, Z, h, w]
    return { name, dtype: latentDtypes[latent.dtype], shape, data: () => readTensor(name) };
  });
  const label = BigInt64Array.from(labels, BigInt); // [N]
  await writeSafetensors(path, [...tensors, { name: 'label', dtype: 'I64', shape: [images.length], data: label }], {
    format: 'pt',
  });
  const file = await openSafetensors(path);
  const moments = await momentsOfShard(file, latent).finally(() => file.close());
  const index: ShardIndex = { format: 'latent-vae/shard', formatVersion: 1, images: [...images], moments };
  const indexPath = join(store, `${stem}.json`);
  await writeFileAtomic(indexPath, `${JSON.stringify(index)}\n`);
  const record = { images: images.length, latents: await recordOf(path), index: await recordOf(indexPath) };
  return { record, moments };

  async function recordOf(written: string) {
    const { size: sizeBytes } = await stat(written);
    return {
      file: `${stem}${written.endsWith('.json') ? '.json' : '.safetensors'}`,
      sizeBytes,
      sha256: await sha256OfFile(written),
    };
  }
}

/** How many images are looked at together. A part of the format: sums are merged in steps of this. */
const imagesPerStep = 64;

/** @throws UserError where the moments are not finite */
export async function momentsOfShard(file: SafetensorsFile, latent: LatentDescription): Promise<LatentMoments> {
  const [channels, height, width] = latent.shape;
  const images = file.entries.get('mean')?.shape[0] ?? 0;
  let merged: LatentMoments | undefined;
  for (let first = 0; first < images; first += imagesPerStep) {
    const rows = Math.min(imagesPerStep, images - first);
    const read = (tensor: LatentTensor) => file.readSliceFloat32(tensor, first, rows); // [rows, Z, h, w]
    merged = mergeMoments(merged, momentsOf(channels, height * width, await read('mean'), await read('logvar')));
  }
  if (merged === undefined) throw new UserError(`${file.path} holds no images.`);
  return merged;
}

/**
 * Checks that both files of a shard are there in their full size, and that they are large enough for what they are said to
 * hold, so that no claim of a manifest makes anybody allocate more.
 */
export async function assertShardFiles(
  store: string,
  latent: LatentDescription,
  { latents, index, images }: ShardRecord,
): Promise<void> {
  for (const { file, sizeBytes } of [latents, index]) {
    const path = join(store, file);
    const status = await stat(path).catch(() => undefined);
    if (status?.isFile() !== true) throw new UserError(`${path} is missing: encode the images again.`);
    if (status.size !== sizeBytes) throw new UserError(`${path} has ${status.size} bytes, wanted ${sizeBytes}.`);
  }
  const neededBytes = images * rowBytesOf(latent) * latentTensorsOf(latent).length;
  if (neededBytes <= latents.sizeBytes) return;
  throw new UserError(`${join(store, latents.file)} is too small for ${images} latents of ${latent.shape.join('×')}.`);
}

/** @throws UserError where the index is damaged or lists another number of images than the manifest says */
export async function readShardIndex(store: string, { index, images }: ShardRecord): Promise<ShardIndex> {
  const path = join(store, index.file);
  const content = await readJson(path, shardIndexSchema);
  if (content.images.length === images) return content;
  throw new UserError(`${path} lists ${content.images.length} images, but manifest.json says ${images}.`);
}

/** Opens a shard and checks that it holds the tensors that the manifest speaks of. */
export async function openShard(
  store: string,
  { latent }: Pick<Manifest, 'latent'>,
  { latents, images }: ShardRecord,
): Promise<SafetensorsFile> {
  const file = await openSafetensors(join(store, latents.file));
  try {
    assertTensors(file, latent, images);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function assertTensors({ path, entries }: SafetensorsFile, latent: LatentDescription, images: number): void {
  const wanted = new Map(
    latentTensorsOf(latent).map((name) => [`${name}`, describe(latentDtypes[latent.dtype], [images, ...latent.shape])]),
  );
  wanted.set('label', describe('I64', [images]));
  for (const [name, description] of wanted) {
    const entry = entries.get(name);
    const got = entry === undefined ? 'none' : describe(entry.dtype, entry.shape);
    if (got !== description) throw new UserError(`${path}: tensor ${name}: got ${got}, wanted ${description}.`);
  }
  const foreign = [...entries.keys()].find((name) => !wanted.has(name));
  if (foreign !== undefined) throw new UserError(`${path}: got a tensor ${foreign}, which no store of latents has.`);
}

const describe = (dtype: string, shape: readonly number[]) => `${dtype} of ${shape.join('×')}`;
