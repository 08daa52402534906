/**
 * `latent-vae/train`: trains tokenizers. Loads sharp, tfjs-core and ONNX Runtime.
 *
 * @module latent-vae/train
 */

export type { MemoryNeed } from '../autoencoder/memory.js';
export type { ObjectiveConfig, PresetName, TrainOptions } from '../config/config.js';
export { modelConfigSchema, objectives, presets, trainOptionsSchema } from '../config/config.js';
export type { NetworkForSize } from '../config/networks/presets.js';
export type { ObjectiveName } from '../config/objective.js';
export type { EngineOptions, ImageFilter } from '../config/types/images-and-latents.js';
export type {
  AdversarialConfig,
  CodebookConfig,
  PerceptualConfig,
  RegularizersConfig,
} from '../config/types/objective.js';
export type { ObjectiveOptions } from '../config/types/training.js';
export type { ImageSet } from '../data/images.js';
export type { Companions, ImageFile, ImageSource, InMemory, Location } from '../data/input/image-file.js';
export type { LeftOut } from '../data/input/left-out.js';
export { UserError } from '../errors.js';
export type { LossTerm, LossTerms, TermInput, WeightedLossTerm } from '../losses/terms.js';
export type { World } from '../mpi/world.js';
export { writeMetricsCsv, writeTensorBoardEvents } from '../report/run/export-metrics.js';
export { metricsCsv } from '../report/run/metrics-csv.js';
export type { LocalServer } from '../serving/local-server.js';
export type { LoopHooks, TrainingProgress } from '../training/loop.js';
export type { ResumeRequest, TrainingRequest } from '../training/request.js';
export type { ResumeChanges } from '../training/run/run-folder.js';
export { openModel } from '../training/run/trained-model.js';
export type { StepReport } from '../training/step/step-report.js';
export { resumeTraining, trainAutoencoder } from '../training/train.js';
export type { StartFacts, TrainingHooks, TrainingSummary } from '../training/training-reports.js';
export type { Validation } from '../training/validation.js';
export type { LivePage } from '../watching/live-page.js';
export { startLivePage } from '../watching/live-page.js';
export { watchRun } from '../watching/serve.js';
export type * from './shared/models-and-pictures.js';
