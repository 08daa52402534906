/** `latent-vae/evaluation`: measures models and pictures. Loads sharp, tfjs-core and ONNX Runtime. */

export type { Autoencoder } from '../autoencoder/autoencoder.js';
export type { Gaussian, Posterior, Quantization } from '../autoencoder/posterior.js';
export type { ImageChannels } from '../config/image-options.js';
export type { ModelConfig } from '../config/model.js';
export type { PerceptualKind } from '../config/objective.js';
export type { AdversarialConfig, CodebookConfig, ObjectiveConfig, PerceptualConfig } from '../config/option-types.js';
export type { RunConfig } from '../config/run-config.js';
export type { Companions, ImageFile, ImageSource, InMemory, Location } from '../data/input/image-file.js';
export type { LabelledPicture, Pictures } from '../data/picture-set.js';
export type { Picture } from '../data/pictures/crop.js';
export type { ReadOptions } from '../data/pictures/decode.js';
export type { PictureInput, PictureTensor } from '../data/pictures/picture-input.js';
export type { ValueRange } from '../data/pictures/value-range.js';
export type { SkippedImage } from '../data/skipped.js';
export { UserError } from '../errors.js';
export type {
  BoundEstimate,
  BoundedImages,
  BoundedModel,
  BoundSettings,
  ImageBound,
  Scalars,
} from '../evaluation/bound/bound.js';
export { estimateBound } from '../evaluation/bound/bound.js';
export { estimateBoundOfImages } from '../evaluation/bound/bound-files.js';
export type {
  ComparedPicture,
  Comparison,
  ComparisonData,
  ComparisonProtocol,
  FeatureFigures,
  ModelFacts,
  ModelResult,
} from '../evaluation/compare.js';
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
export type { ImageClasses } from '../evaluation/latent-space/image-classes.js';
export type {
  LatentSpaceSettings,
  LatentSpaces,
  ModelLatentSpace,
  Walk,
} from '../evaluation/latent-space/latent-space.js';
export { analyzeLatentSpaces } from '../evaluation/latent-space/latent-space.js';
export type { Point, Projection } from '../evaluation/latent-space/projection.js';
export type { LatentSpaceStatistics } from '../evaluation/latent-space/statistics.js';
export type { Interval } from '../evaluation/measures/bootstrap.js';
export type { FeatureMeasurement, FeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
export { measureFeatures, openFeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
export type { FeatureRows, Moments, RootedMoments } from '../evaluation/measures/features/frechet.js';
export { frechetDistance } from '../evaluation/measures/features/frechet.js';
export type { BandMeasureName, FeatureMeasureName, MeasureName } from '../evaluation/measures/measures.js';
export type { PixelImage } from '../evaluation/measures/pixel-image.js';
export { psnrDb } from '../evaluation/measures/psnr.js';
export type { Band, BandDetail } from '../evaluation/measures/sharpness/bands.js';
export { ssim } from '../evaluation/measures/ssim.js';
export type { ReadImages } from '../evaluation/read-images.js';
export { readImages } from '../evaluation/read-images.js';
export type { ModelOrigin } from '../interop/models/open-model.js';
export type { PerceptualLoss } from '../losses/perceptual/perceptual-loss.js';
export type { FeatureFunction } from '../losses/perceptual/trunk.js';
export type { Parameters } from '../nn/parameters.js';
export type { EvaluateImagesOptions, EvaluateImagesRequest } from '../tokenizer/evaluate-images.js';
export { evaluateImages } from '../tokenizer/evaluate-images.js';
export type { ModelInput } from '../tokenizer/with-model.js';
export type { TrainedModel } from '../training/run/trained-model.js';
