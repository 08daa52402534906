/** `latent-vae evaluate` */
import { z } from 'zod';
import {
  boundOptionsSchema,
  featureOptionsSchema,
  inferenceOptionsSchema,
  samplingOptionsSchema,
} from '../../src/config/config.js';
import { defineCommand } from '../cli/command.js';
import { measureBound } from '../cli/measuring/measure-bound.js';
import { diffusabilityOf } from '../cli/measuring/measure-diffusability.js';
import { modelOption } from '../cli/model-option.js';
import { noteSkipped, print, warn } from '../cli/output.js';
import { imagesMeaning, openCommandImages } from '../cli/pictures/images.js';
import { trainedOnOption, unseenImages } from '../cli/pictures/unseen-images.js';

const { guidance, sampler, samplerSteps } = samplingOptionsSchema.shape;

/** Of --diffusion. */
const generationOptions = {
  diffusion: z
    .string()
    .optional()
    .describe('run of train-diffusion to judge by its samples, on the images that its latents were made of'),
  count: z.number().int().min(4).default(1000).describe('with --diffusion: samples to draw'),
  baselines: z
    .array(z.string())
    .default([])
    .describe('with --diffusion: models whose priors are drawn from as well, separated by commas'),
  test: z
    .string()
    .optional()
    .describe("with --diffusion: folder of images that nothing was trained on, instead of the run's validation images"),
  classifier: z
    .boolean()
    .default(true)
    .describe('train classifiers on samples and on real pictures (with --diffusion)'),
  out: z.string().optional().describe('with --diffusion: folder for a page of samples, figures and nearest neighbours'),
  guidance,
  sampler,
  samplerSteps,
};

export const command = defineCommand({
  name: 'evaluate',
  description:
    'Measure how well a model restores the images of a folder: PSNR, SSIM, sharpness, blur, perceptual and Fréchet distance. ' +
    'With --diffusion: how well samples stand for them, by Fréchet distance, precision, recall, and what a classifier learns.',
  arguments: { '<images>': imagesMeaning },
  options: z.strictObject({
    model: modelOption,
    ...generationOptions,
    ...featureOptionsSchema.shape,
    ...boundOptionsSchema.shape,
    diffusability: z
      .boolean()
      .default(false)
      .describe('also measure how well the latents suit a diffusion model, without training one'),
    seed: z.number().int().min(0).default(0).describe('of the draws'),
    ...inferenceOptionsSchema.shape,
    trainedOn: trainedOnOption,
  }),
  examples: [
    'latent-vae evaluate photos/ --model runs/a',
    "latent-vae evaluate photos/ --model runs/a --include '**/0*'",
    'latent-vae evaluate photos/ --model runs/b --bound --importance-samples 1,10,100',
    'latent-vae evaluate photos/ --model runs/a --diffusability',
    'latent-vae evaluate photos/ --diffusion runs/d --baselines runs/b --out report/',
  ],
  async run([directory = ''], { model: path, diffusion, ...options }, { json, typed }) {
    if (diffusion !== undefined) {
      const { evaluateGeneration } = await import('../cli/measuring/evaluate-diffusion.js');
      const model = typed.has('model') ? path : undefined;
      return evaluateGeneration(directory, { ...options, diffusion, model }, { json });
    }
    const { evaluateFiles } = await import('../../src/evaluation/evaluate.js');
    const { boundLines } = await import('../../src/evaluation/bound/bound-table.js');
    const { openFeatureNetworks } = await import('../../src/evaluation/measures/features/feature-distances.js');
    const { evaluationLines } = await import('../../src/report/evaluation-lines.js');
    const { selectEngine } = await import('../../src/engine/select.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');
    const found = await openCommandImages(directory, options);
    await selectEngine(options);
    const { model, run } = await openModel(path);
    const { files, warning } = await unseenImages(found.files, [{ name: path, run }], options.trainedOn);
    const size = options.size ?? model.config.imageSize;
    const bound = options.bound ? await measureBound(model, files, { ...options, size }) : null;
    const networks = options.features ? await openFeatureNetworks(options.perceptual, size) : undefined;
    const evaluation = await evaluateFiles(model, files, { ...options, size, ...(networks && { networks }) });
    const diffusability = options.diffusability
      ? await diffusabilityOf(model, files, { ...options, size, builtin: networks?.builtin })
      : null;
    noteSkipped(evaluation.skipped);
    if (networks?.absence) warn(networks.absence);
    if (!json) {
      for (const line of evaluationLines(evaluation, size, networks?.perceptual?.kind)) print(line);
      for (const line of bound ? boundLines(bound) : []) print(line);
      for (const line of diffusability?.lines ?? []) print(line);
    }
    return {
      model: path,
      size,
      ...evaluation,
      ...(warning !== undefined && { warning }),
      ...(bound && { bound }),
      ...(diffusability && { diffusability: diffusability.measures }),
    };
  },
});
