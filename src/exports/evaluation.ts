/**
 * `latent-vae/evaluation`: measures models and pictures. Loads sharp, tfjs-core and ONNX Runtime.
 *
 * @module latent-vae/evaluation
 */

export type { EngineOptions, ImageFilter, InferenceOptions } from '../config/types/images-and-latents.js';
export type { FeatureOptions } from '../config/types/measuring.js';
export type {
  AdversarialConfig,
  CodebookConfig,
  ObjectiveConfig,
  PerceptualConfig,
  RegularizersConfig,
} from '../config/types/objective.js';
export type { Companions, ImageFile, ImageSource, InMemory, Location } from '../data/input/image-file.js';
export type { ReadOptions } from '../data/pictures/decode.js';
export type { ValueRange } from '../data/pictures/values/value-range.js';
export { UserError } from '../errors.js';
export type { BoundedImages, BoundedModel, BoundSettings } from '../evaluation/bound/bound.js';
export { estimateBound } from '../evaluation/bound/bound.js';
export { estimateBoundOfImages } from '../evaluation/bound/bound-files.js';
export type { ComparedModel, CompareFilesOptions } from '../evaluation/compare-files.js';
export { compareFiles } from '../evaluation/compare-files.js';
export type {
  EvaluatedMeasure,
  Evaluation,
  EvaluationOptions,
  ImageMeasure,
  ReconstructedImage,
} from '../evaluation/evaluate.js';
export { evaluateFiles } from '../evaluation/evaluate.js';
export type { LatentSpaceSettings } from '../evaluation/latent-space/latent-space.js';
export { analyzeLatentSpaces } from '../evaluation/latent-space/latent-space.js';
export type { FeatureMeasurement, FeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
export { measureFeatures, openFeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
export type { FeatureRows, Moments, RootedMoments } from '../evaluation/measures/features/frechet.js';
export { frechetDistance } from '../evaluation/measures/features/frechet.js';
export { psnrDb } from '../evaluation/measures/psnr.js';
export { ssim } from '../evaluation/measures/ssim.js';
export type { ReadImages } from '../evaluation/read-images.js';
export { readImages } from '../evaluation/read-images.js';
export type { LatentPosterior } from '../evaluation/reconstruct.js';
export type { PerceptualLoss } from '../losses/perceptual/perceptual-loss.js';
export type { FeatureFunction } from '../losses/perceptual/trunk.js';
export type { EvaluateImagesOptions, EvaluateImagesRequest } from '../tokenizer/evaluate-images.js';
export { evaluateImages } from '../tokenizer/evaluate-images.js';
export type { ModelInput } from '../tokenizer/with-model.js';
export type * from './shared/comparisons.js';
export type * from './shared/models-and-pictures.js';
