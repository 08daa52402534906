/**
 * Tokenizers in a page or a worker: pictures to latents and back, from files that `latent-vae export --format onnx` wrote.
 * Bring onnxruntime-web: `openTokenizer` is handed what `import * as ort from 'onnxruntime-web'` gives.
 *
 * @module latent-vae/web
 */
export type { PosteriorKind, Scaling } from '../config/config.js';
export type { OnnxLatentFacts } from '../config/networks/onnx-metadata.js';
export type { DiffusionModelConfig, SamplerName } from '../config/options/diffusion-options.js';
export { UserError } from '../errors.js';
export { type Interpolation, linear, spherical, stripOf } from '../evaluation/latent-space/interpolation.js';
export {
  type BandMeasureName,
  type MeasuredOriginal,
  type MeasuredReconstruction,
  type MeasureName,
  type Measures,
  measureOriginal,
  measureReconstruction,
} from '../evaluation/measures/measures.js';
export type { PixelImage } from '../evaluation/measures/pixel-image.js';
export { psnrDb } from '../evaluation/measures/psnr.js';
export type { Band, BandDetail } from '../evaluation/measures/sharpness/bands.js';
export type { BlurCurve } from '../evaluation/measures/sharpness/blur-calibration.js';
export type { Spectrum } from '../evaluation/measures/sharpness/spectrum.js';
export { ssim } from '../evaluation/measures/ssim.js';
export { drawPosterior, drawPrior } from './latent/draw.js';
export { editLatent } from './latent/edit.js';
export { type LatentEdits, noEdits, type SwappedHalf } from './latent/edits.js';
export { type Brush, paintLatent } from './latent/paint.js';
export { type LatentView, type PlaneStatistics, planeStatistics, principalColours, viewOf } from './latent/view.js';
export { prepareSquare } from './picture/prepare.js';
export { maxPixels, readPicture } from './picture/read-picture.js';
export {
  type LatentSampler,
  openSampler,
  type SampleRequest,
  type SamplerFiles,
} from './sampling/sampler.js';
export { readTokenizerFacts, type TokenizerFacts, type TokenizerPart } from './tokenizer/facts.js';
export type { OnnxRuntime, OnnxSession, OnnxSessionOptions, OnnxTensor, TensorData } from './tokenizer/onnx-runtime.js';
export {
  type EncodedPicture,
  type LatentShape,
  openTokenizer,
  type Tokenizer,
  type TokenizerFiles,
  type TokenizerOptions,
} from './tokenizer/tokenizer.js';
