/** `latent-vae train` */
import { z } from 'zod';
import { type RunConfig, type TrainOptions, trainOptionsSchema } from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { resumeOptions } from '../../src/training/run/run-folder.js';
import type { StartFacts, TrainingHooks, TrainingSummary } from '../../src/training/training-reports.js';
import type { LivePage } from '../../src/watching/live-page.js';
import { defineCommand } from '../cli/command.js';
import { note, noteSkipped, warn } from '../cli/output.js';
import { imagesMeaning, noteImages } from '../cli/pictures/images.js';
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
import { announceTraining } from '../cli/training/training-start.js';
import { inWorld } from '../cli/training/world.js';

const options = z.strictObject({
  ...trainOptionsSchema.shape,
  out: z.string().optional().describe('run folder to make (without it: runs/000-PRESET, the next free number)'),
  resume: z
    .boolean()
    .default(false)
    .describe('go on with the run in --out (without it: with the latest run on these images below runs/)'),
  dryRun: dryRunOption,
  ...liveOptions,
});

export const command = defineCommand({
  name: 'train',
  description: 'Train a tokenizer, or the baseline it is compared with, on the images of a folder.',
  arguments: { '<images>': imagesMeaning },
  options,
  examples: [
    'latent-vae train photos/ --preset kl-f8-tiny --minutes 30 --out runs/a',
    'latent-vae train photos/ --preset vector-vae --steps 2000 --out runs/b',
    'latent-vae train photos/ --out runs/a --resume',
    'latent-vae train photos/ --minutes 60 --live --tensorboard',
    'latent-vae train photos/ --preset kl-f8 --size 256 --minutes 600 --dry-run',
  ],
  async run([directory = ''], { out, resume, dryRun, live, port, ...trainOptions }, { signal, typed, json }) {
    return inWorld(async (world) => {
      if (dryRun) {
        if (resume) throw new UserError('--dry-run tells of a new training: drop --resume.');
        if (world) throw new UserError('--dry-run measures one process: start it without mpiexec.');
        await openLivePage({ live, port, dryRun });
        return tellDryRun(directory, trainOptions, signal, json);
      }
      if (world && world.rank > 0) return follow(directory, out, resume, trainOptions, typed, { signal, world });
      const page = await openLivePage({ live, port, dryRun });
      return lead(directory, out, resume, trainOptions, typed, { signal, world }, json, page);
    });
  },
});

type Arguments = [
  directory: string,
  out: string | undefined,
  resume: boolean,
  options: TrainOptions,
  typed: ReadonlySet<string>,
  hooks: TrainingHooks,
];

async function lead(
  ...[directory, out, resume, trainOptions, typed, hooks, json, page]: [...Arguments, json: boolean, page?: LivePage]
): Promise<TrainingSummary> {
  const progress = startProgress('training');
  try {
    const summary = await start(directory, out, resume, trainOptions, typed, {
      ...hooks,
      onStart(config, facts) {
        page?.show(facts.run);
        announceTraining(config, facts, json);
      },
      onWarning: warn,
      onImages: noteImages,
      onProgress({ done, secondsLeft, step, report, imagesPerSecond }) {
        const loss = Number(report.loss).toPrecision(4);
        progress.update(done, secondsLeft, { step: `${step}`, loss, 'images/s': imagesPerSecond.toFixed(1) });
      },
    });
    progress.stop();
    report(summary, directory);
    return summary;
  } finally {
    progress.stop();
    await page?.close();
  }
}

interface DryRun {
  readonly config: RunConfig;
  readonly training: number;
  readonly validation: number;
  readonly need?: StartFacts['need'];
  /** Absent where nothing takes steps, or it was interrupted. */
  readonly figures?: DryRunFigures;
}

async function tellDryRun(
  directory: string,
  options: TrainOptions,
  signal: AbortSignal,
  json: boolean,
): Promise<DryRun> {
  const { trainAutoencoder } = await import('../../src/training/train.js');
  const { resolveRequest } = await import('../../src/training/request.js');
  const { preset: model, ...others } = options;
  const request = { ...others, model, images: directory };
  const config = await resolveRequest(request, undefined);
  // All terms from the first step on: what the longest part of a training has.
  const everyTerm = config.objective.adversarial ? { adversarialStart: 1, adversarialWarmup: 0 } : {};
  let facts: StartFacts | undefined;
  const figures = await measureDryRun(config.options, options.batch, signal, (out, hooks) =>
    trainAutoencoder({
      ...request,
      ...everyTerm,
      ...measuringLength,
      out,
      hooks: {
        ...hooks,
        onWarning: warn,
        onImages: noteImages,
        onStart(_, found) {
          facts = found;
          announceTraining(config, found, json);
        },
      },
    }),
  );
  if (!json) printDryRun(figures, 'images');
  const { training, validation, need } = facts as StartFacts;
  return { config, training, validation, ...(need && { need }), ...(figures && { figures }) };
}

/** Computes with the process that leads, and says nothing. */
async function follow(...all: Arguments): Promise<undefined> {
  await start(...all);
}

async function start(
  directory: string,
  out: string | undefined,
  resume: boolean,
  trainOptions: TrainOptions,
  typed: ReadonlySet<string>,
  hooks: TrainingHooks,
): Promise<TrainingSummary> {
  // Loaded here, so that --help need not wait for a tensor library.
  const { resumeTraining, trainAutoencoder } = await import('../../src/training/train.js');
  if (!resume) {
    const { preset: model, ...others } = trainOptions;
    return trainAutoencoder({ ...others, model, images: directory, out, hooks });
  }
  const { out: run, changes } = resumeChanges(trainOptions, resumeOptions, typed, out ?? latestRun(directory));
  return resumeTraining({ ...changes, images: directory, out: run, hooks });
}

function report(
  { run, steps, images, seconds, imagesPerSecond, validation, interrupted, skipped }: TrainingSummary,
  directory: string,
) {
  noteSkipped(skipped);
  const length = `${counted(steps, 'step')}, ${counted(images, 'image')}, ${formatSeconds(seconds)}${steps > 0 ? `, ${imagesPerSecond.toFixed(1)} images/s` : ''}`;
  if (interrupted)
    note(`Interrupted and saved after ${length}. Go on with: latent-vae train ${directory} --out ${run} --resume`);
  else if (validation) {
    const { psnrDb, ssim, images: count } = validation;
    note(
      `Trained ${run}: ${length}; ${psnrDb.toFixed(2)} dB PSNR, ${ssim.toFixed(3)} SSIM on ${counted(count, 'validation image')}.`,
    );
  }
}
