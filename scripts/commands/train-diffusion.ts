/** `latent-vae train-diffusion` */
import { z } from 'zod';
import { type DiffusionOptions, type DiffusionRunConfig, diffusionOptionsSchema } from '../../src/config/config.js';
import type { DiffusionHooks, DiffusionStart, DiffusionSummary } from '../../src/diffusion/training/train-diffusion.js';
import { UserError } from '../../src/errors.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { nextRunPath } from '../../src/training/run/run-folder.js';
import { defineCommand } from '../cli/command.js';
import { note, warn } from '../cli/output.js';
import { startProgress } from '../cli/progress.js';
import {
  type DryRunFigures,
  dryRunOption,
  measureDryRun,
  measuringLength,
  printDryRun,
} from '../cli/training/dry-run.js';
import { liveOptions, openLivePage } from '../cli/training/live-page.js';
import { latestRun, resumeChanges } from '../cli/training/resume.js';

export const command = defineCommand({
  name: 'train-diffusion',
  description: 'Train a latent diffusion model on a folder of latents; latent-vae sample draws pictures from it.',
  arguments: { '<latents>': 'folder of latents that encode made, or s3://bucket/prefix' },
  inObjectStores: ['<latents>'],
  options: z.strictObject({
    ...diffusionOptionsSchema.shape,
    out: z.string().optional().describe('run folder to make (without it: runs/000-diffusion, the next free number)'),
    resume: z
      .boolean()
      .default(false)
      .describe('go on with the run in --out (without it: with the latest run on these latents below runs/)'),
    dryRun: dryRunOption,
    ...liveOptions,
  }),
  examples: [
    'latent-vae train-diffusion latents/ --minutes 30 --out runs/d',
    'latent-vae train-diffusion latents/ --preset dit-tiny --steps 5000 --out runs/d',
    'latent-vae train-diffusion latents/ --out runs/d --resume',
    'latent-vae train-diffusion latents/ --preset dit-small --minutes 600 --dry-run',
  ],
  async run([latents = ''], { out, resume, dryRun, live, port, ...options }, { signal, typed, json }) {
    if (dryRun) {
      if (resume) throw new UserError('--dry-run tells of a new training: drop --resume.');
      await openLivePage({ live, port, dryRun });
      return tellDryRun(latents, options, signal, json);
    }
    const page = await openLivePage({ live, port, dryRun });
    const progress = startProgress('training');
    const hooks: DiffusionHooks = {
      signal,
      onStart(config, facts) {
        page?.show(facts.run);
        announce(config, facts);
      },
      onWarning: warn,
      onProgress({ done, secondsLeft, step, report, imagesPerSecond }) {
        const loss = Number(report.loss).toPrecision(4);
        progress.update(done, secondsLeft, { step: `${step}`, loss, 'latents/s': imagesPerSecond.toFixed(1) });
      },
    };
    try {
      const summary = await start(latents, out, resume, options, typed, hooks);
      progress.stop();
      report(summary, latents);
      return summary;
    } finally {
      progress.stop();
      await page?.close();
    }
  },
});

interface DryRun extends Readonly<Record<'training' | 'validation', number>> {
  readonly config: DiffusionRunConfig;
  /** Absent where it was interrupted. */
  readonly figures?: DryRunFigures;
}

async function tellDryRun(
  latents: string,
  options: DiffusionOptions,
  signal: AbortSignal,
  json: boolean,
): Promise<DryRun> {
  const { trainDiffusion } = await import('../../src/diffusion/training/train-diffusion.js');
  let told: Omit<DryRun, 'figures'> | undefined;
  const { minutes, checkpointSteps, sampleSteps } = options;
  const length = minutes === undefined ? { steps: options.steps ?? 2000 } : { minutes };
  const figures = await measureDryRun(length, options.batch, signal, (out, hooks) =>
    trainDiffusion(latents, { ...options, ...measuringLength }, out, {
      ...hooks,
      onWarning: warn,
      onStart(config, facts) {
        const { steps: _, ...asked } = config.options;
        const { run: _run, ...known } = facts;
        told = { config: { ...config, options: { ...asked, checkpointSteps, sampleSteps, ...length } }, ...known };
        announce(config, facts);
      },
    }),
  );
  if (!json) printDryRun(figures, 'latents');
  return { ...(told as Omit<DryRun, 'figures'>), ...(figures && { figures }) };
}

async function start(
  latents: string,
  out: string | undefined,
  resume: boolean,
  options: DiffusionOptions,
  typed: ReadonlySet<string>,
  hooks: DiffusionHooks,
): Promise<DiffusionSummary> {
  const module = await import('../../src/diffusion/training/train-diffusion.js');
  if (!resume) return module.trainDiffusion(latents, options, out ?? nextRunPath('diffusion'), hooks);
  const { out: run, changes } = resumeChanges(options, module.diffusionResumeOptions, typed, out ?? latestRun(latents));
  return module.resumeDiffusion(latents, run, changes, hooks);
}

function announce(
  { diffusion: { denoiser, process }, options: { preset, batch } }: DiffusionRunConfig,
  latents: DiffusionStart,
): void {
  note(latents.need.sentence);
  const { latentShape, classes } = denoiser;
  const told = classes.length === 0 ? 'without classes' : counted(classes.length, 'class');
  note(
    `${preset}, ${process}: latents of ${latentShape.join('×')}, ${told}, ${batch} a step, ` +
      `${latents.training} to train and ${latents.validation} to validate.`,
  );
}

function report(
  { run, steps, images, seconds, imagesPerSecond, interrupted, validation }: DiffusionSummary,
  latents: string,
): void {
  const length = `${counted(steps, 'step')}, ${counted(images, 'latent')}, ${formatSeconds(seconds)}, ${imagesPerSecond.toFixed(1)} latents/s`;
  if (interrupted) {
    note(
      `Interrupted and saved after ${length}. Go on with: latent-vae train-diffusion ${latents} --out ${run} --resume`,
    );
  } else if (validation) {
    note(`Trained ${run}: ${length}; loss ${validation.loss.toFixed(4)} on ${counted(validation.latents, 'other')}.`);
    note(`Draw pictures with: latent-vae sample --diffusion ${run} --out samples/`);
  }
}
