/** latent-vae as a library: everything that its commands do. */

export type { Autoencoder } from './autoencoder/autoencoder.js';
export { createAutoencoder, latentShape } from './autoencoder/autoencoder.js';
export type { Posterior } from './autoencoder/posterior.js';
export { sampleLatent } from './autoencoder/posterior.js';
export type { ModelConfig, ObjectiveConfig, PresetName, RunConfig, TrainOptions } from './config/config.js';
export {
  convertOptionsSchema,
  decodeOptionsSchema,
  diffusionOptionsSchema,
  encodeOptionsSchema,
  engineOptionsSchema,
  inferenceOptionsSchema,
  modelConfigSchema,
  objectives,
  presets,
  samplingOptionsSchema,
  trainOptionsSchema,
} from './config/config.js';
export { evaluationBatches, trainingBatches } from './data/batches/batches.js';
export { checkFolder } from './data/check.js';
export type { ImageFile, ImageSet, LeftOut } from './data/images.js';
export { findImages, openImages } from './data/images.js';
export type { LabelledPicture, Pictures } from './data/picture-set.js';
export { openPictures } from './data/picture-set.js';
export { decodeImage } from './data/pictures/decode.js';
export type { PictureInput, PictureTensor } from './data/pictures/picture-input.js';
export type { SkippedImage } from './data/skipped.js';
export { UnreadableImage } from './data/skipped.js';
export { splitValidation } from './data/split.js';
export { writeSyntheticImages } from './data/synthetic/write.js';
export type { DiffusionEvaluation } from './diffusion/evaluation/evaluate-diffusion.js';
export { evaluateDiffusion } from './diffusion/evaluation/evaluate-diffusion.js';
export { exportDiffusionOnnx } from './diffusion/model/export-diffusion.js';
export { openDiffusion } from './diffusion/model/open-diffusion.js';
export { drawLatents, evenlyAmongClasses } from './diffusion/sampling/draw-latents.js';
export { samplePictures } from './diffusion/sampling/sample-pictures.js';
export { resumeDiffusion, trainDiffusion } from './diffusion/training/train-diffusion.js';
export type { OnnxArray, OnnxSession } from './engine/onnx/run/onnx-session.js';
export { openOnnxSession } from './engine/onnx/run/onnx-session.js';
export type { Repeat, RepeatedCall } from './engine/repeat.js';
export { createRepeat } from './engine/repeat.js';
export type { Engine } from './engine/select.js';
export { selectEngine } from './engine/select.js';
export { UserError } from './errors.js';
export type { BoundEstimate } from './evaluation/bound/bound.js';
export { estimateBound } from './evaluation/bound/bound.js';
export { estimateBoundOfImages } from './evaluation/bound/bound-files.js';
export { compareFiles } from './evaluation/compare-files.js';
export { evaluateFiles } from './evaluation/evaluate.js';
export type { LatentSpaces } from './evaluation/latent-space/latent-space.js';
export { analyzeLatentSpaces } from './evaluation/latent-space/latent-space.js';
export { measureFeatures, openFeatureNetworks } from './evaluation/measures/features/feature-distances.js';
export { frechetDistance } from './evaluation/measures/features/frechet.js';
export { psnrDb } from './evaluation/measures/psnr.js';
export { ssim } from './evaluation/measures/ssim.js';
export { readImages } from './evaluation/read-images.js';
export { exportDiffusers, exportOnnx } from './interop/models/export-model.js';
export { importModel } from './interop/models/import-model.js';
export type { ModelDescription } from './interop/models/info.js';
export { describeModelFile } from './interop/models/info.js';
export type { OnnxDescription } from './interop/onnx/describe.js';
export { describeOnnxFile } from './interop/onnx/describe.js';
export { openSafetensors, writeSafetensors } from './interop/safetensors/safetensors.js';
export { latentDecoder, latentEncoder } from './latents/codec.js';
export { convertLatents } from './latents/convert/convert.js';
export type { LatentDecoder, LatentEncoder } from './latents/model-roles.js';
export { decodeLatents } from './latents/reading/decode.js';
export { describeLatents, descriptionText } from './latents/reading/describe.js';
export type { LatentStore, StoredLatent } from './latents/reading/store.js';
export { openLatents } from './latents/reading/store.js';
export { tensorsOf } from './latents/reading/tensors.js';
export { verifyLatents } from './latents/reading/verify.js';
export { encodeFolder } from './latents/writing/encode.js';
export type { SourceChanges } from './latents/writing/renewal/changes.js';
export { changesOf } from './latents/writing/renewal/changes.js';
export { klNats } from './losses/kl.js';
export type { Objective, ObjectiveValue } from './losses/objective.js';
export { createObjective, objectiveValue } from './losses/objective.js';
export { openObjective } from './losses/open-objective.js';
export { loadPerceptualLoss } from './losses/perceptual/load.js';
export type { LossTerm, LossTerms, TermInput, WeightedLossTerm } from './losses/terms.js';
export { boundSection } from './report/page/sections/bound-section.js';
export { latentSpaceSection } from './report/page/sections/latent-space-section.js';
export { writeReport } from './report/report.js';
export type { EncodeImagesRequest } from './tokenizer/encode-images.js';
export { encodeImages } from './tokenizer/encode-images.js';
export type { EvaluateImagesRequest } from './tokenizer/evaluate-images.js';
export { evaluateImages } from './tokenizer/evaluate-images.js';
export type { Latent, Tokenizer, TokenizerOptions } from './tokenizer/tokenizer.js';
export { createTokenizer, openTokenizer } from './tokenizer/tokenizer.js';
export type { ModelInput } from './tokenizer/with-model.js';
export type { ResumeRequest, TrainingRequest } from './training/request.js';
export type { TrainedModel } from './training/run/trained-model.js';
export { openModel } from './training/run/trained-model.js';
export { resumeTraining, trainAutoencoder } from './training/train.js';
export type { TrainingHooks, TrainingSummary } from './training/training-reports.js';
