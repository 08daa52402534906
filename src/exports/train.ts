/** `latent-vae/train`: trains tokenizers. Loads sharp, tfjs-core and ONNX Runtime. */

export type { Autoencoder } from '../autoencoder/autoencoder.js';
export type { Gaussian, Posterior, Quantization } from '../autoencoder/posterior.js';
export type { ModelConfig, ObjectiveConfig, PresetName, RunConfig, TrainOptions } from '../config/config.js';
export { modelConfigSchema, objectives, presets, trainOptionsSchema } from '../config/config.js';
export type { ImageChannels } from '../config/image-options.js';
export type { ObjectiveName } from '../config/objective.js';
export type {
  AdversarialConfig,
  CodebookConfig,
  EngineOptions,
  ImageFilter,
  ObjectiveOptions,
  PerceptualConfig,
} from '../config/option-types.js';
export type { ImageSet } from '../data/images.js';
export type { Companions, ImageFile, ImageSource, InMemory, Location } from '../data/input/image-file.js';
export type { LeftOut } from '../data/input/left-out.js';
export type { LabelledPicture, Pictures } from '../data/picture-set.js';
export type { Picture } from '../data/pictures/crop.js';
export type { PictureInput, PictureTensor } from '../data/pictures/picture-input.js';
export type { SkippedImage } from '../data/skipped.js';
export { UserError } from '../errors.js';
export type { ModelOrigin } from '../interop/models/open-model.js';
export type { LossTerm, LossTerms, TermInput, WeightedLossTerm } from '../losses/terms.js';
export type { World } from '../mpi/world.js';
export type { Parameters } from '../nn/parameters.js';
export type { LoopHooks, TrainingProgress } from '../training/loop.js';
export type { ResumeRequest, TrainingRequest } from '../training/request.js';
export type { ResumeChanges } from '../training/run/run-folder.js';
export type { TrainedModel } from '../training/run/trained-model.js';
export { openModel } from '../training/run/trained-model.js';
export type { StepReport } from '../training/step/step-report.js';
export { resumeTraining, trainAutoencoder } from '../training/train.js';
export type { TrainingHooks, TrainingSummary } from '../training/training-reports.js';
export type { Validation } from '../training/validation.js';
