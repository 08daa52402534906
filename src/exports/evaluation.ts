/** `latent-vae/evaluation`: measures models and pictures. Loads sharp, tfjs-core and ONNX Runtime. */
export { UserError } from '../errors.js';
export type { BoundEstimate } from '../evaluation/bound/bound.js';
export { estimateBound } from '../evaluation/bound/bound.js';
export { estimateBoundOfImages } from '../evaluation/bound/bound-files.js';
export { compareFiles } from '../evaluation/compare-files.js';
export type { Evaluation, EvaluationOptions } from '../evaluation/evaluate.js';
export { evaluateFiles } from '../evaluation/evaluate.js';
export type { LatentSpaces } from '../evaluation/latent-space/latent-space.js';
export { analyzeLatentSpaces } from '../evaluation/latent-space/latent-space.js';
export { measureFeatures, openFeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
export { frechetDistance } from '../evaluation/measures/features/frechet.js';
export { psnrDb } from '../evaluation/measures/psnr.js';
export { ssim } from '../evaluation/measures/ssim.js';
export { readImages } from '../evaluation/read-images.js';
export type { EvaluateImagesRequest } from '../tokenizer/evaluate-images.js';
export { evaluateImages } from '../tokenizer/evaluate-images.js';
