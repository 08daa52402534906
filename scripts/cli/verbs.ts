/** Every command with its line in the help, and its file, which is loaded where it is asked for. */
import type { Command } from 'commander';

interface NamedVerb {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const verbs: Readonly<Record<string, NamedVerb>> = {
  train: {
    summary: 'train a tokenizer, or the baseline, on a folder of images',
    load: () => import('../commands/train.js'),
  },
  watch: {
    summary: 'show a training in the browser, while it runs and afterwards',
    load: () => import('../commands/watch.js'),
  },
  metrics: {
    summary: 'copy the log of a training to CSV or TensorBoard',
    load: () => import('../commands/metrics.js'),
  },
  encode: { summary: 'compress a folder of images to latents', load: () => import('../commands/encode.js') },
  decode: { summary: 'turn latents back into images', load: () => import('../commands/decode.js') },
  latents: {
    summary: 'look into a folder of latents, check it, or copy it to other formats',
    load: () => import('../commands/latents.js'),
  },
  'train-diffusion': {
    summary: 'train a latent diffusion model on a folder of latents',
    load: () => import('../commands/train-diffusion.js'),
  },
  sample: { summary: 'draw pictures from a diffusion model', load: () => import('../commands/sample.js') },
  evaluate: {
    summary: 'measure how well a model restores images: PSNR, SSIM, perceptual and Fréchet distance',
    load: () => import('../commands/evaluate.js'),
  },
  compare: {
    summary: 'show side by side how blurry models are, in one page',
    load: () => import('../commands/compare.js'),
  },
  explore: {
    summary: 'look into the latents of your own pictures, in the browser',
    load: () => import('../commands/explore.js'),
  },
  info: { summary: 'tell what a model is, of this project or another', load: () => import('../commands/info.js') },
  import: {
    summary: 'copy a model of another project into a folder that can be trained further',
    load: () => import('../commands/import.js'),
  },
  export: { summary: 'write a model for diffusers or for ONNX runtimes', load: () => import('../commands/export.js') },
  weights: {
    summary: 'tell which weight files the perceptual losses need, and fetch them',
    load: () => import('../commands/weights.js'),
  },
  doctor: {
    summary: 'tell what this machine can run and which images of a folder cannot be read',
    load: () => import('../commands/doctor.js'),
  },
  completion: {
    summary: 'print what makes your shell complete commands and options',
    load: () => import('../commands/completion.js'),
  },
};
