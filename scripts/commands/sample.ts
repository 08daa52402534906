/** `latent-vae sample` */
import { z } from 'zod';
import { engineOptionsSchema, pictureFormatNames, samplingOptionsSchema } from '../../src/config/config.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { note, print, warn } from '../cli/output.js';
import { startProgress } from '../cli/progress.js';

export const command = defineCommand({
  name: 'sample',
  description:
    'Draw pictures from a diffusion model, through the tokenizer of its latents. Interrupt it and type it again to go on.',
  arguments: {},
  options: z.strictObject({
    diffusion: z.string().describe('run folder of train-diffusion'),
    out: z.string().describe('folder of the pictures, with a folder for each class'),
    count: z.number().int().positive().default(64).describe('how many pictures, shared out evenly among the classes'),
    class: z.string().optional().describe('draw pictures of this class alone'),
    model: z.string().optional().describe('tokenizer of the latents (without it: found by its sha256)'),
    grid: z.string().optional().describe('PNG file for all pictures side by side, one column for each class'),
    format: z.enum(pictureFormatNames).default('png').describe('of the pictures'),
    ...samplingOptionsSchema.shape,
    ...engineOptionsSchema.shape,
  }),
  examples: [
    'latent-vae sample --diffusion runs/d --out samples/ --grid samples.png',
    'latent-vae sample --diffusion runs/d --out boots/ --count 16 --class ankle-boot --guidance 2',
  ],
  async run(_args, options, { json, signal }) {
    const { samplePictures } = await import('../../src/diffusion/sampling/sample-pictures.js');
    const progress = startProgress('sampling');
    const started = performance.now();
    const onProgress = (done: number, total: number) => {
      const secondsLeft = ((performance.now() - started) / 1000 / done) * (total - done);
      progress.update(done / total, secondsLeft, { images: `${done}/${total}` });
    };
    try {
      const summary = await samplePictures(options.diffusion, options, { signal, onProgress, onWarning: warn });
      progress.stop();
      const { out, images, written, seconds, complete } = summary;
      if (!complete) note('Interrupted; what was written is kept. Run the same command to go on.');
      if (!json) {
        print(
          written === 0 && complete
            ? `${out}: nothing to do, ${counted(images, 'picture')} of ${images} there already.`
            : `${out}: ${written} of ${counted(images, 'picture')} drawn in ${formatSeconds(seconds)}`,
        );
      }
      return summary;
    } finally {
      progress.stop();
    }
  },
});
