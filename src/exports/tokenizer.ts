/** `latent-vae/tokenizer`: a trained model for one picture at a time. Loads sharp, tfjs-core and ONNX Runtime. */

export type { Autoencoder } from '../autoencoder/autoencoder.js';
export type { Gaussian, Posterior, Quantization } from '../autoencoder/posterior.js';
export type { ModelConfig, PictureFormat } from '../config/config.js';
export type { ImageChannels } from '../config/image-options.js';
export type { EngineOptions } from '../config/option-types.js';
export type { RunConfig } from '../config/run-config.js';
export type { LabelledPicture, Pictures } from '../data/picture-set.js';
export type { Picture } from '../data/pictures/crop.js';
export type { PictureInput, PictureTensor } from '../data/pictures/picture-input.js';
export type { SkippedImage } from '../data/skipped.js';
export { UnreadableImage } from '../data/skipped.js';
export { UserError } from '../errors.js';
export type { ModelOrigin } from '../interop/models/open-model.js';
export type { EncodeProgress, EncodeSummary, Renewal } from '../latents/writing/encode-options.js';
export type { SourceChanges } from '../latents/writing/renewal/changes.js';
export type { Parameters } from '../nn/parameters.js';
export type { EncodeImagesOptions, EncodeImagesRequest } from '../tokenizer/encode-images.js';
export { encodeImages } from '../tokenizer/encode-images.js';
export * from '../tokenizer/tokenizer.js';
export type { ModelInput } from '../tokenizer/with-model.js';
export type { TrainedModel } from '../training/run/trained-model.js';
