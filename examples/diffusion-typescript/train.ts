/**
 * The whole of latent diffusion in one file, on the functions of latent-vae: train a denoiser on a store of latents, draw
 * pictures from it, and look at what was learned.
 *
 *     latent-vae encode photos/ --model runs/a --out latents/
 *     npx tsx train.ts latents/ runs/d samples/
 */
import {
  diffusionOptionsSchema,
  engineOptionsSchema,
  samplePictures,
  samplingOptionsSchema,
  trainDiffusion,
} from 'latent-vae';

const [latents = 'latents', run = 'runs/d', samples = 'samples'] = process.argv.slice(2);
const engine = engineOptionsSchema.parse({});

const options = diffusionOptionsSchema.parse({ preset: 'dit-tiny', steps: 5000, batch: 64 });
const summary = await trainDiffusion(latents, options, run, {
  onProgress: ({ step, report, secondsLeft }) => {
    if (step % 100 === 0)
      process.stderr.write(`step ${step}, loss ${report.loss}, ${Math.round(secondsLeft)} s left\n`);
  },
});
process.stderr.write(`loss on latents that no step saw: ${summary.validation?.loss}\n`);

const sampling = samplingOptionsSchema.parse({ guidance: 1.5, samplerSteps: 25 });
await samplePictures(run, { ...sampling, ...engine, out: samples, count: 64, format: 'png', grid: `${samples}.png` });
