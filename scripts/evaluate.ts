/** `latent-vae evaluate` */
import { z } from 'zod';
import { inferenceOptionsSchema } from '../src/config.js';
import { defineCommand } from './cli/command.js';
import { noteSkipped, print } from './cli/output.js';

export const command = defineCommand({
  name: 'evaluate',
  description: 'Measure how well a model restores the images of a folder: the mean PSNR and SSIM over images.',
  arguments: { '<dir>': 'folder of images' },
  options: z.strictObject({
    model: z.string().describe('run folder, or another model that info knows'),
    ...inferenceOptionsSchema.shape,
  }),
  examples: [
    'latent-vae evaluate photos/ --model runs/a',
    "latent-vae evaluate photos/ --model runs/a --include '**/0*'",
  ],
  async run([directory = ''], { model: path, ...options }, { json }) {
    const { evaluateFiles } = await import('../src/evaluation/evaluate.js');
    const { findImages } = await import('../src/data/images.js');
    const { selectEngine } = await import('../src/engine/select.js');
    const { openModel } = await import('../src/training/trained-model.js');
    const files = await findImages(directory, options);
    await selectEngine(options);
    const { model } = await openModel(path);
    const size = options.size ?? model.config.imageSize;
    const { images, psnrDb, ssim, skipped } = await evaluateFiles(model, files, { ...options, size });
    noteSkipped(skipped);
    if (!json) {
      print(`${images} images at ${size}×${size} px: ${psnrDb.toFixed(2)} dB PSNR, ${ssim.toFixed(4)} SSIM`);
      print('Centre crop, posterior mean, clamped and rounded to 8 bits; each figure is the mean over images.');
    }
    return { model: path, size, images, psnrDb, ssim, skipped };
  },
});
