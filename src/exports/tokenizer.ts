/**
 * `latent-vae/tokenizer`: a trained model for one picture at a time. Loads sharp, tfjs-core and ONNX Runtime.
 *
 * @module latent-vae/tokenizer
 */

export type { PictureFormat } from '../config/config.js';
export type {
  EncodeOptions,
  EngineOptions,
  ImageFilter,
  InferenceOptions,
} from '../config/types/images-and-latents.js';
export { UnreadableImage } from '../data/skipped.js';
export { UserError } from '../errors.js';
export type { EncodeProgress, EncodeSummary, Renewal } from '../latents/writing/encode-options.js';
export type { SourceChanges } from '../latents/writing/renewal/changes.js';
export type { EncodeImagesOptions, EncodeImagesRequest } from '../tokenizer/encode-images.js';
export { encodeImages } from '../tokenizer/encode-images.js';
export * from '../tokenizer/tokenizer.js';
export type { ModelInput } from '../tokenizer/with-model.js';
export type * from './shared/models-and-pictures.js';
