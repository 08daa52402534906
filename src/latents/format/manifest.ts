/**
 * manifest.json: what a store of latents is, who made it and which files belong to it. docs/latents-format.md explains every
 * field. It is replaced after each shard, so that a store is whole at any moment, and sealed with its own hash.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { channelsOfScaling, type LatentDtype, latentDtypeNames } from '../../config/config.js';
import { sha256Of, sha256Schema } from '../../digest.js';
import { UserError } from '../../errors.js';
import type { Confirm } from '../../files.js';
import type { SafetensorsDtype } from '../../interop/safetensors/dtypes.js';
import { below, isObjectUrl } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';
import { int8Schema } from './int8.js';
import { readJson } from './json-file.js';
import { statisticsSchema } from './statistics.js';

const count = z.number().int().min(0);
const positiveInteger = z.number().int().positive();

/** Number formats that latents are stored in, and what safetensors calls them. */
export const latentDtypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const satisfies Record<
  LatentDtype,
  SafetensorsDtype
>;

const encoderSchema = z.strictObject({
  /** Of the encoder's weights. */
  sha256: sha256Schema,
  name: z.string(),
  /** Where it computed in 8 bits instead of float32. */
  int8: int8Schema.optional(),
});
/** What tells the encoder of a store from others. */
export type EncoderFingerprint = z.infer<typeof encoderSchema>;

/** Everything that decided an image's pixels before the encoder saw them. */
const preprocessingSchema = z.record(z.string(), z.json());
export type Preprocessing = z.infer<typeof preprocessingSchema>;

const channelsFirst = z.tuple([positiveInteger, positiveInteger, positiveInteger]);

const bucketSchema = z.strictObject({
  /** Of its pictures, in px. */
  width: positiveInteger,
  height: positiveInteger,
  /** [Z, h, w] of its latents. */
  shape: channelsFirst,
});

const latentSchema = z.strictObject({
  /** Tensors are [N, Z, h, w], as PyTorch has them. */
  layout: z.literal('NCHW'),
  /**
   * [Z, h, w]; h and w are null where they differ: with `buckets` from shard to shard, otherwise from picture to picture, and a
   * latent is a tensor of its own.
   */
  shape: z.union([channelsFirst, z.tuple([positiveInteger, z.null(), z.null()])]),
  dtype: z.enum(latentDtypeNames),
  /** Where pictures were sorted into aspect-ratio buckets, all that there are: a shard holds latents of one of them. */
  buckets: z.array(bucketSchema).min(1).optional(),
  /** Whether the latents of the mirrored images are there too. */
  mirrored: z.boolean(),
  /** K, where every position is one of K vectors and the shards have their numbers too. */
  codes: positiveInteger.optional(),
});
/** What the latents of a store are: their shape, number format and kind. */
export type LatentDescription = z.infer<typeof latentSchema>;

const oneOrPerChannel = (value: z.ZodNumber) => z.union([value, z.array(value).min(1).readonly()]);

const scalingSchema = z.strictObject({
  /** `model`: constants of the model; `measured`: of these latents, as Rombach et al. do (arXiv 2112.10752, appendix G). */
  source: z.enum(['model', 'measured']),
  /** Diffusion sees (latent - shift) * factor. The shards hold the raw latents. */
  shift: oneOrPerChannel(z.number()),
  factor: oneOrPerChannel(z.number().positive()),
});
/** Diffusion sees (latent - shift) * factor. */
export type LatentScaling = z.infer<typeof scalingSchema>;

/** Which part of a store another one is; see src/latents/parts. */
const partSchema = z.strictObject({
  /** From 1. */
  number: positiveInteger,
  count: positiveInteger,
  /** What was divided: by the path of every image, or by the names of tar files. */
  of: z.enum(['images', 'tars']),
});
/** Which part of a larger store a store is. */
export type PartDescription = z.infer<typeof partSchema>;

export const shardNumberOf = (file: string) => Number(/^latents-(\d{5,})\./.exec(file)?.[1]);
export const shardStem = (number: number) => `latents-${String(number).padStart(5, '0')}`;

const fileSchema = (extension: 'safetensors' | 'json' | 'texts.jsonl') =>
  z.strictObject({
    // In a store that was merged of parts, below the folder of its part.
    file: z
      .string()
      .regex(
        new RegExp(`^(part-\\d{5}-of-\\d{5}/)?latents-\\d{5,}\\.${extension}$`),
        `wanted latents-00000.${extension}`,
      ),
    sizeBytes: count,
    sha256: sha256Schema,
  });

const shardSchema = z.strictObject({
  images: positiveInteger,
  /** [Z, h, w] of its latents, in a store with buckets. */
  shape: channelsFirst.optional(),
  latents: fileSchema('safetensors'),
  index: fileSchema('json'),
  /** Captions and metadata, where there are any. */
  texts: fileSchema('texts.jsonl').optional(),
});
/** A shard of a store: its files, with their hashes. */
export type ShardRecord = z.infer<typeof shardSchema>;

const manifestSchema = z.strictObject({
  format: z.literal('latent-vae/latents'),
  /** 2 where a shard has texts, keys or codes, which readers of version 1 do not know; 3 where there are buckets. */
  formatVersion: z.literal([1, 2, 3]),
  /** Version of latent-vae that began the store. */
  libraryVersion: z.string(),
  /** False while images of the last run are missing. */
  complete: z.boolean(),
  encoder: encoderSchema,
  preprocessing: preprocessingSchema,
  latent: latentSchema,
  /** Null while nothing is stored and the model has no constants of its own. */
  scaling: scalingSchema.nullable(),
  statistics: statisticsSchema.nullable(),
  /** Class names; the label of an image is the position of its class here. */
  classes: z.array(z.string()),
  images: count,
  /** Upper bound of a shard's tensors; a larger image gets a shard of its own. */
  shardBytes: positiveInteger,
  shards: z.array(shardSchema),
  /** The lines of skipped.jsonl. */
  skipped: z.strictObject({ images: count, sha256: sha256Schema }),
  /** Only in a store that is one part of several. */
  part: partSchema.optional(),
});
/** The manifest.json of a store. */
export type Manifest = z.infer<typeof manifestSchema>;

/** As `latent`, of one shard: its shape is that of the shard's latents, where they have one. */
export function latentOfShard(
  { buckets, ...latent }: LatentDescription,
  { shape }: Pick<ShardRecord, 'shape'>,
): LatentDescription {
  return shape === undefined ? latent : { ...latent, shape };
}

/** All files of a shard. */
export const filesOfShard = ({ latents, index, texts }: ShardRecord) => [latents, index, ...(texts ? [texts] : [])];

const sealedManifestSchema = z.strictObject({ ...manifestSchema.shape, sha256: sha256Schema });

/** Whether the store's shards are those of its parts. */
export const isMerged = ({ shards }: Manifest): boolean => shards.some(({ latents }) => latents.file.includes('/'));

export const manifestName = 'manifest.json';
export const manifestPath = (store: string) => below(store, manifestName);
/** Holds what of a renewed store has not changed places with the old one yet. */
export const renewedFolder = (store: string) => below(store, '.renewed');
export const skippedPath = (store: string) => below(store, 'skipped.jsonl');

/** @throws UserError where the folder holds no manifest, or one that is damaged or was changed */
export async function readManifest(store: string): Promise<Manifest> {
  const path = manifestPath(store);
  if (!(await hasManifest(store))) {
    if (await hasManifest(renewedFolder(store))) {
      throw new UserError(`${store} was being renewed when that was interrupted: run its encode again to finish it.`);
    }
    const isHere = isObjectUrl(store) || existsSync(store);
    const why = isHere ? 'it holds no manifest.json' : 'it does not exist';
    throw new UserError(`${store} is no folder of latents (${why}): pass the --out of latent-vae encode.`);
  }
  const { sha256, ...manifest } = await readJson(path, sealedManifestSchema);
  if (sha256Of(JSON.stringify(manifest)) !== sha256) {
    throw new UserError(
      `${path} was changed after it was written: its own sha256 does not fit, encode the images again.`,
    );
  }
  assertConsistent(path, manifest);
  return manifest;
}

/** @returns the manifest as `readManifest` gives it */
export async function writeManifest(store: string, manifest: Manifest, confirm?: Confirm): Promise<Manifest> {
  // Parsing brings every field into the schema's order, as reading does: the hash is of that text.
  const ordered = manifestSchema.parse(manifest);
  const sealed = { ...ordered, sha256: sha256Of(JSON.stringify(ordered)) };
  const storage = await storageOf(store);
  await storage.write(manifestPath(store), `${JSON.stringify(sealed, null, 1)}\n`, confirm);
  return ordered;
}

export async function hasManifest(store: string): Promise<boolean> {
  const storage = await storageOf(store);
  return (await storage.sizeOf(manifestPath(store))) !== undefined;
}

function assertConsistent(path: string, { shards, images, latent, statistics, scaling }: Manifest): void {
  const inShards = shards.reduce((sum, shard) => sum + shard.images, 0);
  if (inShards !== images) throw new UserError(`${path} says ${images} images, but its shards hold ${inShards}.`);
  const shardsIn = new Map<string, number>();
  const shapes = latent.buckets?.map(({ shape }) => shape.join());
  for (const { latents, index, shape } of shards) {
    if (shapes ? !shapes.includes(String(shape?.join())) : shape !== undefined) {
      throw new UserError(`${path}: ${latents.file} has the shape ${shape?.join('×')}, wanted that of a bucket.`);
    }
    const folder = latents.file.slice(0, latents.file.lastIndexOf('/') + 1);
    const number = shardsIn.get(folder) ?? 0;
    shardsIn.set(folder, number + 1);
    const stem = folder + shardStem(number);
    if (latents.file === `${stem}.safetensors` && index.file === `${stem}.json`) continue;
    throw new UserError(
      `${path}: a shard is in ${latents.file} and ${index.file}, wanted ${stem}.safetensors and .json.`,
    );
  }
  const scaled = (scaling && channelsOfScaling(scaling)) ?? latent.shape[0];
  if (scaled !== latent.shape[0]) {
    throw new UserError(`${path}: a scaling of ${scaled} channels for ${latent.shape[0]}.`);
  }
  if (statistics !== null && statistics.mean.length !== latent.shape[0]) {
    throw new UserError(`${path}: statistics of ${statistics.mean.length} channels for ${latent.shape[0]}.`);
  }
}
