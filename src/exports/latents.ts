/** `latent-vae/latents`: reads stores of latents. Loads neither tfjs nor ONNX Runtime nor sharp. */
export { UserError } from '../errors.js';
export type { Manifest } from '../latents/format/manifest.js';
export type { BatchOptions } from '../latents/reading/batches.js';
export { describeLatents, descriptionText } from '../latents/reading/describe.js';
export type { LatentBatch } from '../latents/reading/rows.js';
export type { LatentStore, OpenOptions, StoredLatent } from '../latents/reading/store.js';
export { openLatents } from '../latents/reading/store.js';
export { verifyLatents } from '../latents/reading/verify.js';
