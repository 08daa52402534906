/** What exported ONNX files tell of their latents, the same for those who write and those who read it. */
import { downsamplingFactor, hasVectorLatent, type ModelConfig, type PosteriorKind, posteriorKindOf } from './model.js';

/** Stands as JSON under `latent_vae.latent` in the metadata of every file, so that nobody has to know the network. */
export interface OnnxLatentFacts {
  /** A grid of h × w positions, or one vector per image. */
  readonly kind: 'grid' | 'vector';
  /** Channels of a position, or the length of the vector. */
  readonly channels: number;
  readonly posterior: PosteriorKind;
  /** Of its images. */
  readonly imageChannels: number;
  /** Sides of images must be multiples of this, in px. */
  readonly sizeMultiple: number;
  /** The one side in px of the square images that it takes; null where any size will do. */
  readonly imageSize: number | null;
  /** Side in px of the images that it was trained on. */
  readonly trainedSize: number;
}

export function onnxLatentFacts(model: ModelConfig): OnnxLatentFacts {
  const isVector = hasVectorLatent(model);
  return {
    kind: isVector ? 'vector' : 'grid',
    channels: isVector ? model.latentFloats : model.latentChannels,
    posterior: posteriorKindOf(model),
    imageChannels: model.inChannels,
    sizeMultiple: downsamplingFactor(model),
    imageSize: isVector ? model.imageSize : null,
    trainedSize: model.imageSize,
  };
}
