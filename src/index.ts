/** latent-vae as a library: everything that its commands do. */

export type { Autoencoder } from './autoencoder/autoencoder.js';
export { createAutoencoder, latentShape } from './autoencoder/autoencoder.js';
export type { Posterior } from './autoencoder/posterior.js';
export { sampleLatent } from './autoencoder/posterior.js';
export type { ModelConfig, ObjectiveConfig, PresetName, RunConfig, TrainOptions } from './config.js';
export {
  convertOptionsSchema,
  decodeOptionsSchema,
  encodeOptionsSchema,
  engineOptionsSchema,
  inferenceOptionsSchema,
  modelConfigSchema,
  objectives,
  presets,
  trainOptionsSchema,
} from './config.js';
export { evaluationBatches, trainingBatches } from './data/batches.js';
export { checkFolder } from './data/check.js';
export { decodeImage } from './data/decode.js';
export { findImages } from './data/images.js';
export { splitValidation } from './data/split.js';
export { writeSyntheticImages } from './data/synthetic/write.js';
export type { OnnxArray, OnnxSession } from './engine/onnx/onnx-session.js';
export { openOnnxSession } from './engine/onnx/onnx-session.js';
export type { Engine } from './engine/select.js';
export { selectEngine } from './engine/select.js';
export { UserError } from './errors.js';
export { compareFiles } from './evaluation/compare-files.js';
export { evaluateFiles } from './evaluation/evaluate.js';
export { psnrDb } from './evaluation/psnr.js';
export { writeReport } from './evaluation/report/report.js';
export { ssim } from './evaluation/ssim.js';
export { exportDiffusers, exportOnnx } from './interop/export-model.js';
export { importModel } from './interop/import-model.js';
export type { ModelDescription } from './interop/info.js';
export { describeModelFile } from './interop/info.js';
export type { OnnxDescription } from './interop/onnx/describe.js';
export { describeOnnxFile } from './interop/onnx/describe.js';
export { openSafetensors, writeSafetensors } from './interop/safetensors.js';
export { latentDecoder, latentEncoder } from './latents/codec.js';
export { convertLatents } from './latents/convert/convert.js';
export { decodeLatents } from './latents/decode.js';
export { describeLatents, descriptionText } from './latents/describe.js';
export { encodeFolder } from './latents/encode.js';
export type { LatentDecoder, LatentEncoder } from './latents/model-roles.js';
export { changedSources } from './latents/sources.js';
export type { LatentStore, StoredLatent } from './latents/store.js';
export { openLatents } from './latents/store.js';
export { encodeTars, findTars } from './latents/tar-source.js';
export { tensorsOf } from './latents/tensors.js';
export { verifyLatents } from './latents/verify.js';
export { klNats } from './losses/kl.js';
export type { Objective, ObjectiveValue } from './losses/objective.js';
export { createObjective, objectiveValue } from './losses/objective.js';
export { openObjective } from './losses/open-objective.js';
export { loadPerceptualLoss } from './losses/perceptual/load.js';
export { resumeTraining, trainAutoencoder } from './training/train.js';
export { openModel } from './training/trained-model.js';
