/** Types that the doors which open models and take pictures have in common. */
export type { Autoencoder } from '../../autoencoder/autoencoder.js';
export type { Gaussian, Posterior, Quantization } from '../../autoencoder/posterior.js';
export type {
  CausalVideoConfig,
  DeepCompressionConfig,
  DeepCompressionDecoderConfig,
  DeepCompressionEncoderConfig,
  LinearModelConfig,
  ModelConfig,
  PosteriorKind,
  SpatialModelConfig,
  TinyModelConfig,
  VectorModelConfig,
} from '../../config/networks/model.js';
export type { Scaling } from '../../config/networks/scaling.js';
export type { ImageChannels } from '../../config/options/image-options.js';
export type { RunConfig } from '../../config/run-config.js';
export type { LabelledPicture, Pictures } from '../../data/picture-set.js';
export type { Picture } from '../../data/pictures/framing/crop.js';
export type { PictureInput, PictureTensor } from '../../data/pictures/picture-input.js';
export type { SkippedImage } from '../../data/skipped.js';
export type { ModelOrigin } from '../../interop/models/open-model.js';
export type { Parameters } from '../../nn/parameters.js';
export type { TrainedModel } from '../../training/run/trained-model.js';
