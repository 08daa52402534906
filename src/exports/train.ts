/** `latent-vae/train`: trains tokenizers. Loads sharp, tfjs-core and ONNX Runtime. */
export type { ModelConfig, ObjectiveConfig, PresetName, RunConfig, TrainOptions } from '../config/config.js';
export { modelConfigSchema, objectives, presets, trainOptionsSchema } from '../config/config.js';
export type { LabelledPicture, Pictures } from '../data/picture-set.js';
export type { PictureInput, PictureTensor } from '../data/pictures/picture-input.js';
export { UserError } from '../errors.js';
export type { LossTerm, LossTerms, TermInput, WeightedLossTerm } from '../losses/terms.js';
export type { ResumeRequest, TrainingRequest } from '../training/request.js';
export type { TrainedModel } from '../training/run/trained-model.js';
export { openModel } from '../training/run/trained-model.js';
export { resumeTraining, trainAutoencoder } from '../training/train.js';
export type { TrainingHooks, TrainingSummary } from '../training/training-reports.js';
