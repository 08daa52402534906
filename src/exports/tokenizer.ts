/** `latent-vae/tokenizer`: a trained model for one picture at a time. Loads sharp, tfjs-core and ONNX Runtime. */
export type { ModelConfig, PictureFormat } from '../config/config.js';
export type { LabelledPicture, Pictures } from '../data/picture-set.js';
export type { Picture } from '../data/pictures/crop.js';
export type { PictureInput, PictureTensor } from '../data/pictures/picture-input.js';
export { UnreadableImage } from '../data/skipped.js';
export { UserError } from '../errors.js';
export type { EncodeImagesRequest } from '../tokenizer/encode-images.js';
export { encodeImages } from '../tokenizer/encode-images.js';
export * from '../tokenizer/tokenizer.js';
export type { ModelInput } from '../tokenizer/with-model.js';
