/**
 * A shard: `latents-00000.safetensors` with the tensors of its images, and `latents-00000.json`, its index, with what is known
 * of each of these images. Latents of one shape are the rows of one tensor; otherwise each image has tensors of its own.
 */
import { z } from 'zod';
import type { ChannelsFirst } from '../../../channel-axes.js';
import { sha256Schema } from '../../../digest.js';
import { UserError } from '../../../errors.js';
import { openSafetensors, type SafetensorsFile, type TensorEntry } from '../../../interop/safetensors/safetensors.js';
import { below } from '../../../storage/locations.js';
import type { SizeLookup } from '../../../storage/storage.js';
import { readJson } from '../json-file.js';
import { commonShape, shapeText } from '../layout.js';
import {
  filesOfShard,
  type LatentDescription,
  latentDtypes,
  latentOfShard,
  type Manifest,
  type ShardRecord,
} from '../manifest.js';
import { relativePathSchema } from '../relative-path.js';
import { gatherMoments, type LatentMoments, storedMomentsSchema } from '../statistics.js';
import { codeTensorsOf } from './codes.js';
import { rowBytesOf } from './packing.js';
import { imageTextSchema } from './texts.js';

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
  /** How far the crop was continued by reflection, in px, where pictures keep their own size. */
  padding: z.strictObject({ right: px, bottom: px }).optional(),
  /** Of the sample in a WebDataset tar. */
  key: z.string().optional(),
  /**
   * Of the latent's rows in the order of `latentTensorsOf`, as the encoder gave them: the files' own hashes are made of what
   * was written, and would fit the latent of another image as well. Stores of earlier versions have none.
   */
  latentSha256: sha256Schema.optional(),
});
/** What a store knows of an image. */
export type ImageRecord = z.infer<typeof imageRecordSchema>;

/** A record on its way into a shard, whose texts go into a file of their own and whose codes into tensors. */
export const storedImageSchema = imageRecordSchema.extend({
  text: imageTextSchema.optional(),
  /** For each of the shard's tensors of codes, its row of int32 in base64. */
  codes: z.array(z.base64()).optional(),
});
export type StoredImage = z.infer<typeof storedImageSchema>;

const shardIndexSchema = z.strictObject({
  format: z.literal('latent-vae/shard'),
  formatVersion: z.literal([1, 2]),
  /** In the order of the tensors' rows. */
  images: z.array(imageRecordSchema).min(1),
  moments: storedMomentsSchema,
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

/** The name of an image's tensor where every picture keeps its own size. */
export const tensorName = (tensor: LatentTensor, row: number) => `${tensor}.${row}`;

/** The bytes of one image's latent in all tensors, as `latentSha256` is made of them. */
export async function latentBytesOf(
  file: SafetensorsFile,
  latent: LatentDescription,
  row: number,
): Promise<Uint8Array> {
  const hasRows = commonShape(latent.shape) !== undefined;
  const tensors = latentTensorsOf(latent).map(async (tensor) => {
    if (!hasRows) return file.readBytes(tensorName(tensor, row));
    const values = await file.readSlice(tensor, row, 1);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  });
  return Buffer.concat(await Promise.all(tensors));
}

/** One image's values of a tensor, [Z, h, w]. */
export async function readLatentTensor(
  file: SafetensorsFile,
  { shape }: Pick<LatentDescription, 'shape'>,
  tensor: LatentTensor,
  row: number,
): Promise<{ values: Float32Array; shape: ChannelsFirst }> {
  const common = commonShape(shape);
  if (common !== undefined) return { values: await file.readSliceFloat32(tensor, row, 1), shape: common };
  const name = tensorName(tensor, row);
  const values = await file.readFloat32(name);
  return { values, shape: (file.entries.get(name) as TensorEntry).shape as unknown as ChannelsFirst };
}

/** How many images are read together. */
const imagesPerStep = 64;

/** @throws UserError where a latent is not finite */
export async function momentsOfShard(file: SafetensorsFile, latent: LatentDescription): Promise<LatentMoments> {
  const images = file.entries.get('label')?.shape[0] ?? 0;
  const common = commonShape(latent.shape);
  const step = common === undefined ? 1 : imagesPerStep;
  const gathered = gatherMoments(latent.shape[0]);
  for (let first = 0; first < images; first += step) {
    const rows = Math.min(step, images - first);
    const read = async (tensor: LatentTensor) => {
      if (common === undefined) return readLatentTensor(file, latent, tensor, first);
      return { values: await file.readSliceFloat32(tensor, first, rows), shape: common }; // [rows, Z, h, w]
    };
    const { values: mean, shape } = await read('mean');
    const { values: logvar } = await read('logvar');
    gathered.add(shape[1] * shape[2], mean, logvar);
  }
  if (images === 0) throw new UserError(`${file.path} holds no images.`);
  return gathered.moments();
}

/**
 * Checks that both files of a shard are there in their full size, and that they are large enough for what they are said to
 * hold, so that no claim of a manifest makes anybody allocate more.
 *
 * @param sizeOf of the files below `store`
 */
export async function assertShardFiles(
  store: string,
  latent: LatentDescription,
  shard: ShardRecord,
  sizeOf: SizeLookup,
): Promise<void> {
  const { latents, images } = shard;
  for (const { file, sizeBytes } of filesOfShard(shard)) {
    const path = below(store, file);
    const got = await sizeOf(file);
    if (got === undefined) throw new UserError(`${path} is missing: encode the images again.`);
    if (got !== sizeBytes) throw new UserError(`${path} has ${got} bytes, wanted ${sizeBytes}.`);
  }
  const { shape } = latentOfShard(latent, shard);
  const least: ChannelsFirst = commonShape(shape) ?? [shape[0], 1, 1];
  const rowBytes = rowBytesOf({ shape: least, dtype: latent.dtype });
  const neededBytes = images * rowBytes * latentTensorsOf(latent).length;
  if (neededBytes <= latents.sizeBytes) return;
  throw new UserError(`${below(store, latents.file)} is too small for ${images} latents of ${shapeText(shape)}.`);
}

/** @throws UserError where the index is damaged or lists another number of images than the manifest says */
export async function readShardIndex(store: string, { index, images }: ShardRecord): Promise<ShardIndex> {
  const path = below(store, index.file);
  const content = await readJson(path, shardIndexSchema);
  if (content.images.length === images) return content;
  throw new UserError(`${path} lists ${content.images.length} images, but manifest.json says ${images}.`);
}

/** Opens a shard and checks that it holds the tensors that the manifest speaks of. */
export async function openShard(
  store: string,
  { latent }: Pick<Manifest, 'latent'>,
  shard: ShardRecord,
): Promise<SafetensorsFile> {
  const file = await openSafetensors(below(store, shard.latents.file));
  try {
    assertTensors(file, latentOfShard(latent, shard), shard.images);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function assertTensors({ path, entries }: SafetensorsFile, latent: LatentDescription, images: number): void {
  const wanted = wantedTensors(entries, latent, images);
  for (const [name, description] of wanted) {
    const entry = entries.get(name);
    const got = entry === undefined ? 'none' : describe(entry.dtype, entry.shape);
    if (got !== description) throw new UserError(`${path}: tensor ${name}: got ${got}, wanted ${description}.`);
  }
  const foreign = [...entries.keys()].find((name) => !wanted.has(name));
  if (foreign !== undefined) throw new UserError(`${path}: got a tensor ${foreign}, which no store of latents has.`);
}

/** Every tensor with its dtype and shape. Of an image that keeps its own size, the others have the shape of its mean. */
function wantedTensors(entries: SafetensorsFile['entries'], { shape, ...latent }: LatentDescription, images: number) {
  const dtype = latentDtypes[latent.dtype];
  const common = commonShape(shape);
  const wanted = new Map([['label', describe('I64', [images])]]);
  for (const tensor of codeTensorsOf({ shape, ...latent }))
    wanted.set(tensor, describe('I32', [images, ...(common ?? []).slice(1)]));
  for (const tensor of latentTensorsOf({ shape, ...latent })) {
    if (common !== undefined) wanted.set(tensor, describe(dtype, [images, ...common]));
    for (let row = 0; common === undefined && row < images; row++) {
      const got = entries.get(tensorName('mean', row))?.shape ?? [];
      const isLatent = got.length === 3 && got[0] === shape[0] && got.every((size) => size > 0);
      wanted.set(tensorName(tensor, row), isLatent ? describe(dtype, got) : `${dtype} of ${shapeText(shape)}`);
    }
  }
  return wanted;
}

const describe = (dtype: string, shape: readonly number[]) => `${dtype} of ${shape.join('×')}`;
