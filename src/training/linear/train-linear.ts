/** The training of a linear model: computed, not descended to. */
import type { LinearModelConfig, RunConfig } from '../../config/config.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import type { ImageFile } from '../../data/images.js';
import type { Split } from '../../data/split.js';
import { saveModel } from '../../interop/models/save-model.js';
import { withEvents } from '../log/events/with-events.js';
import type { RunFolder } from '../run/run-folder.js';
import type { TrainingHooks, TrainingSummary } from '../training-reports.js';
import { validate } from '../validation.js';
import { fitLinear } from './fit-linear.js';

/** A linear model needs no steps, and no checkpoint: what is interrupted begins again. */
export async function trainLinear(
  config: RunConfig & { readonly model: LinearModelConfig },
  { training, validation }: Split<ImageFile>,
  open: () => Promise<RunFolder>,
  hooks: TrainingHooks,
): Promise<TrainingSummary> {
  const started = performance.now();
  const { options } = config;
  const { model, images, skipped } = await fitLinear(config, training);
  await using run = await open();
  hooks.onStart?.(config, { run: run.path, training: training.length, validation: validation.length });
  await saveModel(run.modelPath, model.parameters);
  const validated = await validate(
    model,
    evenlySpaced(validation, options.validationImages),
    options,
    run.samplePath(0),
  );
  await (await withEvents(run, options.tensorboard)).appendValidation(0, validated);
  const seconds = (performance.now() - started) / 1000;
  const facts = { steps: 0, images, seconds, imagesPerSecond: images / seconds, interrupted: false };
  return { run: run.path, ...facts, validation: validated, skipped };
}
