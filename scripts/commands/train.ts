/** `latent-vae train` */
import { z } from 'zod';
import { type TrainOptions, trainOptionsSchema } from '../../src/config/config.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { resumeOptions } from '../../src/training/run/run-folder.js';
import type { TrainingHooks, TrainingSummary } from '../../src/training/training-reports.js';
import { defineCommand } from '../cli/command.js';
import { imagesMeaning, noteImages } from '../cli/images.js';
import { note, noteSkipped, warn } from '../cli/output.js';
import { startProgress } from '../cli/progress.js';
import { latestRun, resumeChanges } from '../cli/resume.js';
import { announceTraining } from '../cli/training-start.js';
import { inWorld } from '../cli/world.js';

const options = z.strictObject({
  ...trainOptionsSchema.shape,
  out: z.string().optional().describe('run folder to make (without it: runs/000-PRESET, the next free number)'),
  resume: z
    .boolean()
    .default(false)
    .describe('go on with the run in --out (without it: with the latest run on these images below runs/)'),
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
  ],
  async run([directory = ''], { out, resume, ...trainOptions }, { signal, typed, json }) {
    return inWorld(async (world) => {
      if (world && world.rank > 0) return follow(directory, out, resume, trainOptions, typed, { signal, world });
      return lead(directory, out, resume, trainOptions, typed, { signal, world }, json);
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
  ...[directory, out, resume, trainOptions, typed, hooks, json]: [...Arguments, json: boolean]
): Promise<TrainingSummary> {
  const progress = startProgress('training');
  try {
    const summary = await start(directory, out, resume, trainOptions, typed, {
      ...hooks,
      onStart: (config, facts) => announceTraining(config, facts, json),
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
  }
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
