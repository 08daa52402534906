/** Latents drawn from a diffusion model. */
import type { SamplingOptions } from '../../config/options/diffusion-options.js';
import { UserError } from '../../errors.js';
import { normals } from '../../random.js';
import { denormalize } from '../model/normalization.js';
import type { DiffusionNetwork } from '../model/open-diffusion.js';
import { processes } from '../process/process.js';
import { samplingDefaults } from './defaults.js';
import { guidedPrediction } from './guided-prediction.js';
import { assertSampler, solve } from './solvers.js';

/** An image to draw: the seed and its number decide the noise, whatever else is drawn. */
export interface WantedImage {
  readonly number: number;
  /** Position among the model's classes; their number stands for none. */
  readonly class: number;
}

/** Latents that a diffusion model drew. */
export interface DrawnLatents {
  readonly images: readonly WantedImage[];
  /** Raw, as the tokenizer's decoder takes them: [images, h, w, Z]. */
  readonly latents: Float32Array;
}

/** Images that share themselves out evenly among the classes. */
export function evenlyAmongClasses(count: number, classes: number, firstNumber = 0): WantedImage[] {
  return Array.from({ length: count }, (_, index) => {
    const number = firstNumber + index;
    return { number, class: classes === 0 ? 0 : number % classes };
  });
}

/**
 * The sampler and the guidance to draw with: those of `options`, or the model's own.
 *
 * @throws UserError for one that the model does not go with
 */
export function assertSampling(
  { config }: Pick<DiffusionNetwork, 'config'>,
  options: SamplingOptions,
): ReturnType<typeof samplingDefaults> {
  const defaults = samplingDefaults(config);
  const { sampler = defaults.sampler, guidance = defaults.guidance } = options;
  if (guidance !== 1 && config.denoiser.classes.length === 0) {
    throw new UserError(
      `Got --guidance ${guidance} for a model without classes, which nothing can guide: leave it out.`,
    );
  }
  assertSampler(processes[config.process], sampler);
  return { sampler, guidance };
}

/**
 * Draws a latent for every one of `images`, `batch` at a time and in order.
 *
 * @throws UserError for a sampler or a guidance that the model does not go with
 */
export async function* drawLatents(
  network: DiffusionNetwork,
  images: readonly WantedImage[],
  options: SamplingOptions,
): AsyncGenerator<DrawnLatents, void, void> {
  const { denoiser, config } = network;
  const { sampler, guidance } = assertSampling(network, options);
  const { samplerSteps, seed, batch } = options;
  const process = processes[config.process];
  const floats = config.denoiser.latentShape.reduce((product, size) => product * size, 1);
  const prediction = guidedPrediction(denoiser, guidance);
  // Every batch is of one size, so that an engine compiles one graph: what is missing repeats the last image.
  const size = Math.min(batch, images.length);
  for (let first = 0; first < images.length; first += size) {
    const drawn = images.slice(first, first + size);
    const filled = Array.from({ length: size }, (_, index) => drawn[Math.min(index, drawn.length - 1)] as WantedImage);
    const noise = new Float32Array(size * floats);
    filled.forEach(({ number }, index) => {
      noise.set(normals(floats, 'sample', seed, number), index * floats);
    });
    const classes = Int32Array.from(filled, (image) => image.class);
    const latents = await solve(process, sampler, samplerSteps, noise, (noisy, time) =>
      prediction.predict(noisy, time, classes),
    );
    yield { images: drawn, latents: denormalize(latents.subarray(0, drawn.length * floats), config.normalization) };
  }
}
