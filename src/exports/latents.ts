/**
 * `latent-vae/latents`: reads stores of latents. Loads neither tfjs nor ONNX Runtime nor sharp.
 *
 * @module latent-vae/latents
 */
export { UserError } from '../errors.js';
export type { SafetensorsDtype, TensorArray } from '../interop/safetensors/dtypes.js';
export type { SafetensorsFile } from '../interop/safetensors/safetensors.js';
export type { SafetensorsEntry } from '../interop/safetensors/safetensors-header.js';
export type { TensorEntry, TensorFile } from '../interop/tensor-file.js';
export type { LatentDescription, LatentScaling, Manifest, ShardRecord } from '../latents/format/manifest.js';
export type { ImageRecord } from '../latents/format/shards/shard.js';
export type { StoredText } from '../latents/format/shards/texts.js';
export type { LatentStatistics } from '../latents/format/statistics.js';
export type { Histogram, StoreDescription } from '../latents/reading/describe.js';
export { describeLatents, descriptionText } from '../latents/reading/describe.js';
export type { LatentBatchOptions } from '../latents/reading/epochs/batches.js';
export type { Gathering } from '../latents/reading/epochs/gathering.js';
export type { LatentBatch, RowOptions, RowPlace, RowSource } from '../latents/reading/rows.js';
export type { LatentStore, OpenOptions, ShardRecords, StoredLatent } from '../latents/reading/store.js';
export { openLatents } from '../latents/reading/store.js';
export { verifyLatents } from '../latents/reading/verify.js';
