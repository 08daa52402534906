/** Shards as they are written: tensors, index and texts, and what the manifest has to know of them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChannelsFirst } from '../../../channel-axes.js';
import { sha256OfFile } from '../../../digest.js';
import { type Confirm, writeFileAtomic } from '../../../files.js';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '../../../interop/safetensors/safetensors.js';
import { commonShape } from '../layout.js';
import { type LatentDescription, latentDtypes, latentOfShard, type ShardRecord, shardStem } from '../manifest.js';
import { type LatentMoments, storedMoments } from '../statistics.js';
import { bytesOfCodes, codeTensorsOf } from './codes.js';
import {
  imageRecordSchema,
  type LatentTensor,
  latentTensorsOf,
  momentsOfShard,
  type ShardIndex,
  type StoredImage,
  tensorName,
} from './shard.js';
import { writeTexts } from './texts.js';

/** Images whose latents have one shape. */
export interface ShardPart {
  readonly images: readonly StoredImage[];
  /** [Z, h, w] of each image. */
  readonly shape: ChannelsFirst;
  /** Their rows of a tensor, in the bytes of the store's dtype, until the next read of any part. */
  read(tensor: LatentTensor): Promise<Uint8Array>;
}

export interface ShardContent {
  readonly number: number;
  /** Of one image at most, where every picture keeps its own size; with buckets, of one shape. */
  readonly parts: readonly ShardPart[];
  readonly labels: readonly number[];
}

/** Writes a shard and its index, and says what the manifest has to know of them. */
export async function writeShard(
  store: string,
  latent: LatentDescription,
  { number, parts, labels }: ShardContent,
  confirm?: Confirm,
): Promise<{ record: ShardRecord; moments: LatentMoments }> {
  const stem = shardStem(number);
  const path = join(store, `${stem}.safetensors`);
  const images = parts.flatMap((part) => part.images);
  const shape = latent.buckets && parts.find(({ images }) => images.length > 0)?.shape;
  const own = latentOfShard(latent, { shape: shape && [...shape] });
  const tensors = commonShape(own.shape) ? tensorsOfRows(own, parts) : tensorsPerImage(own, parts);
  const label = BigInt64Array.from(labels, BigInt); // [N]
  const labels64 = { name: 'label', dtype: 'I64', shape: [images.length], data: label } as const;
  await writeSafetensors(path, [...tensors, ...tensorsOfCodes(own, images), labels64], { format: 'pt' }, confirm);
  const file = await openSafetensors(path);
  const moments = await momentsOfShard(file, own).finally(() => file.close());
  // Parsing brings the fields into the schema's order, whether or not they have been through the journal.
  const records = images.map(({ text: _, codes: __, ...record }) => imageRecordSchema.parse(record));
  const hasKeys = records.some(({ key }) => key !== undefined);
  const index: ShardIndex = {
    format: 'latent-vae/shard',
    formatVersion: hasKeys ? 2 : 1,
    images: records,
    moments: storedMoments(moments),
  };
  const texts = await writeTexts(
    store,
    number,
    images.map(({ text }) => text),
  );
  const indexPath = join(store, `${stem}.json`);
  await writeFileAtomic(indexPath, `${JSON.stringify(index)}\n`, confirm);
  const record = {
    images: images.length,
    ...(shape && { shape: [...shape] as [number, number, number] }),
    latents: await recordOf(path),
    index: await recordOf(indexPath),
    ...(texts && { texts }),
  };
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

function tensorsOfRows(latent: LatentDescription, parts: readonly ShardPart[]): TensorToWrite[] {
  const images = parts.reduce((sum, part) => sum + part.images.length, 0);
  return latentTensorsOf(latent).map((name) => {
    const shape = [images, ...(commonShape(latent.shape) ?? [])]; // [N, Z, h, w]
    async function* data() {
      for (const part of parts) yield await part.read(name);
    }
    return { name, dtype: latentDtypes[latent.dtype], shape, data };
  });
}

function tensorsOfCodes(latent: LatentDescription, images: readonly StoredImage[]): TensorToWrite[] {
  const shape = [images.length, ...(commonShape(latent.shape) ?? []).slice(1)]; // [N, h, w]
  return codeTensorsOf(latent).map((name, index) => {
    const data = Buffer.concat(images.map(({ codes }) => bytesOfCodes((codes as string[])[index] as string)));
    return { name, dtype: 'I32', shape, data };
  });
}

function tensorsPerImage(latent: LatentDescription, parts: readonly ShardPart[]): TensorToWrite[] {
  const filled = parts.filter(({ images }) => images.length > 0);
  return filled.flatMap(({ shape, read }, image) => {
    return latentTensorsOf(latent).map((tensor) => {
      return { name: tensorName(tensor, image), dtype: latentDtypes[latent.dtype], shape, data: () => read(tensor) };
    });
  });
}
