/** A model is measured on a program's pictures. */
import {
  type FeatureOptions,
  featureOptionsSchema,
  type InferenceOptions,
  inferenceOptionsSchema,
} from '../config/config.js';
import { openPictures, type Pictures } from '../data/picture-set.js';
import { type Evaluation, evaluateFiles, type ReconstructedImage } from '../evaluation/evaluate.js';
import { openFeatureNetworks } from '../evaluation/measures/features/feature-distances.js';
import { parse } from '../parse.js';
import { type ModelInput, withModel } from './with-model.js';

const optionsSchema = inferenceOptionsSchema.extend(featureOptionsSchema.shape);

/** Every option of `latent-vae evaluate` that is about reconstructions. */
export type EvaluateImagesOptions = Partial<InferenceOptions & FeatureOptions>;

/** Which model is measured, and how. */
export interface EvaluateImagesRequest extends EvaluateImagesOptions {
  /** What `--model` takes, or an open model. */
  readonly model: ModelInput;
  /** Told of each picture and its reconstruction, in order. */
  readonly onImage?: ((image: ReconstructedImage) => void) | undefined;
}

/**
 * PSNR, SSIM, sharpness, blur, perceptual and Fréchet distance of a model's reconstructions, as `latent-vae evaluate` measures
 * them.
 *
 * @param images a place, or pictures in any iterable, which is read to its end first
 * @throws UserError where there are none, or none that can be read
 */
export async function evaluateImages(images: Pictures, request: EvaluateImagesRequest): Promise<Evaluation> {
  const { model: given, onImage, ...asked } = request;
  const options = parse(optionsSchema, asked, 'evaluateImages');
  return withModel(given, options, async ({ model }) => {
    const { files, damage } = await openPictures(images, options);
    if (damage[0] !== undefined) throw damage[0];
    const size = options.size ?? model.config.imageSize;
    const networks = options.features ? await openFeatureNetworks(options.perceptual, size) : undefined;
    return evaluateFiles(model, files, { ...options, size, ...(networks && { networks }) }, onImage);
  });
}
