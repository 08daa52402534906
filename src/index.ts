/**
 * latent-vae as a library: everything that its commands do.
 *
 * @module latent-vae
 */

export { createAutoencoder, latentShape } from './autoencoder/autoencoder.js';
export type { NetworkOptions } from './autoencoder/blocks.js';
export type { Half } from './autoencoder/halves.js';
export { sampleLatent } from './autoencoder/posterior.js';
export type * from './config/config.js';
export {
  convertOptionsSchema,
  decodeOptionsSchema,
  diffusionOptionsSchema,
  encodeOptionsSchema,
  engineOptionsSchema,
  inferenceOptionsSchema,
  samplingOptionsSchema,
} from './config/config.js';
export type { ImageBatchOptions, TrainingBatchOptions } from './data/batches/batches.js';
export { evaluationBatches, trainingBatches } from './data/batches/batches.js';
export type { ImageBatch } from './data/batches/slots.js';
export type { CheckOptions, FolderCheck, Spread } from './data/check.js';
export { checkFolder } from './data/check.js';
export type { ImageSearch } from './data/images.js';
export { findImages, openImages } from './data/images.js';
export { openPictures } from './data/picture-set.js';
export type { CropOrigin, DecodedImage, DecodePictureOptions, ResizeOptions } from './data/pictures/decode.js';
export { decodeImage } from './data/pictures/decode.js';
export type { Bucket, BucketOptions } from './data/pictures/framing/buckets.js';
export type { Crop, CropBox } from './data/pictures/framing/crop.js';
export type { Placed, Split } from './data/split.js';
export { splitValidation } from './data/split.js';
export type { SyntheticFolder } from './data/synthetic/write.js';
export { writeSyntheticImages } from './data/synthetic/write.js';
export type { Denoiser } from './diffusion/backbones/denoiser.js';
export type { Prediction } from './diffusion/backbones/prediction.js';
export type { Accuracies } from './diffusion/evaluation/accuracies.js';
export type {
  DiffusionEvaluation,
  DiffusionEvaluationHooks,
  DiffusionEvaluationOptions,
  DrawnSet,
} from './diffusion/evaluation/evaluate-diffusion.js';
export { evaluateDiffusion } from './diffusion/evaluation/evaluate-diffusion.js';
export type { GeneratedSet } from './diffusion/evaluation/generated-set.js';
export { exportDiffusionOnnx } from './diffusion/model/export-diffusion.js';
export type { DiffusionNetwork, TrainedDiffusion } from './diffusion/model/open-diffusion.js';
export { openDiffusion } from './diffusion/model/open-diffusion.js';
export type { DrawnLatents, WantedImage } from './diffusion/sampling/draw-latents.js';
export { drawLatents, evenlyAmongClasses } from './diffusion/sampling/draw-latents.js';
export type { SampleHooks, SamplePicturesOptions, SampleSummary } from './diffusion/sampling/sample-pictures.js';
export { samplePictures } from './diffusion/sampling/sample-pictures.js';
export type {
  DiffusionHooks,
  DiffusionResumeChanges,
  DiffusionStart,
  DiffusionSummary,
  DiffusionValidation,
} from './diffusion/training/train-diffusion.js';
export { resumeDiffusion, trainDiffusion } from './diffusion/training/train-diffusion.js';
export type { DecodedModel, DecodedValue, ElementType, ValueDefinition } from './engine/onnx/graph/model.js';
export type { NumericType } from './engine/onnx/numbers.js';
export { openOnnxSession } from './engine/onnx/run/onnx-session.js';
export { createRepeat } from './engine/repeat.js';
export { selectEngine } from './engine/select.js';
export type { PrecisionRecall } from './evaluation/generation/precision-recall.js';
export type * from './exports/engine.js';
export * from './exports/evaluation.js';
export * from './exports/latents.js';
export * from './exports/report.js';
export * from './exports/tokenizer.js';
export * from './exports/train.js';
export type { Confirm } from './files.js';
export type { ExportDtype, OnnxOptions } from './interop/models/export-model.js';
export { exportDiffusers, exportOnnx } from './interop/models/export-model.js';
export type { ImportChanges, ImportSummary } from './interop/models/import-model.js';
export { importModel } from './interop/models/import-model.js';
export type { ModelDescription } from './interop/models/info.js';
export { describeModelFile } from './interop/models/info.js';
export type { OnnxDescription } from './interop/onnx/describe.js';
export { describeOnnxFile } from './interop/onnx/describe.js';
export type { Int8Ranges } from './interop/onnx/int8/quantize.js';
export type { TensorToWrite } from './interop/safetensors/safetensors.js';
export { openSafetensors, writeSafetensors } from './interop/safetensors/safetensors.js';
export { latentDecoder, latentEncoder } from './latents/codec.js';
export type { ConvertLatentsOptions, ConvertSummary } from './latents/convert/convert.js';
export { convertLatents } from './latents/convert/convert.js';
export type { ConvertedRowOptions } from './latents/convert/rows.js';
export type { EncoderFingerprint, PartDescription } from './latents/format/manifest.js';
export type { BatchSource, LatentDecoder, LatentEncoder } from './latents/model-roles.js';
export type { DecodeLatentsOptions, DecodeSummary } from './latents/reading/decode.js';
export { decodeLatents } from './latents/reading/decode.js';
export type { LatentTensors } from './latents/reading/epochs/tensors.js';
export { tensorsOf } from './latents/reading/epochs/tensors.js';
export type { Tiling } from './latents/tiles.js';
export { encodeFolder } from './latents/writing/encode.js';
export type { EncodeFolderOptions, EncodeStoreOptions } from './latents/writing/encode-options.js';
export type { Bucketing, CandidateOptions } from './latents/writing/input/candidates.js';
export type { ReaderOptions } from './latents/writing/input/reading.js';
export type { ChangesOptions } from './latents/writing/renewal/changes.js';
export { changesOf } from './latents/writing/renewal/changes.js';
export type { PosteriorValues } from './latents/writing/store/writer.js';
export type { Adversary, DiscriminatorValue } from './losses/adversarial/adversary.js';
export type { Discriminator, DiscriminatorConfig } from './losses/adversarial/discriminator.js';
export type { Lecam } from './losses/adversarial/lecam.js';
export { klNats } from './losses/kl.js';
export type { Objective, ObjectiveInput, ObjectiveParts, ObjectiveValue } from './losses/objective.js';
export { createObjective, objectiveValue } from './losses/objective.js';
export type { ObjectiveImages } from './losses/open-objective.js';
export { openObjective } from './losses/open-objective.js';
export { loadPerceptualLoss } from './losses/perceptual/load.js';
export type { Initializer, WeightSource } from './nn/parameters.js';
