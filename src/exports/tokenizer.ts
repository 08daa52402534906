/** `latent-vae/tokenizer`: a trained model for one picture at a time. Loads sharp, tfjs-core and ONNX Runtime. */
export type { ModelConfig, PictureFormat } from '../config/config.js';
export type { Picture } from '../data/pictures/crop.js';
export { UserError } from '../errors.js';
export * from '../tokenizer/tokenizer.js';
