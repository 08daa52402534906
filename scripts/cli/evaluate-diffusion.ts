/** `latent-vae evaluate --diffusion`: what is generated, beside what is real. */
import { join } from 'node:path';
import type {
  DiffusionEvaluation,
  DiffusionEvaluationOptions,
} from '../../src/diffusion/evaluation/evaluate-diffusion.js';
import type { Interval } from '../../src/evaluation/measures/bootstrap.js';
import { note, print, warn } from './output.js';

export async function evaluateGeneration(
  directory: string,
  {
    diffusion,
    out,
    ...options
  }: DiffusionEvaluationOptions & { readonly diffusion: string; readonly out?: string | undefined },
  { json }: { readonly json: boolean },
): Promise<object> {
  const { evaluateDiffusion } = await import('../../src/diffusion/evaluation/evaluate-diffusion.js');
  const { selectEngine } = await import('../../src/engine/select.js');
  await selectEngine(options, { onWarning: warn });
  const evaluation = await evaluateDiffusion(diffusion, directory, options, note);
  if (out !== undefined) await writeNeighbours(join(out, 'nearest.png'), evaluation);
  const { shown, ...figures } = evaluation;
  if (!json) for (const line of linesOf(evaluation)) print(line);
  return { diffusion, ...figures, shown: shown.map(({ path }) => path) };
}

/** Samples above the training pictures that are nearest to them. */
async function writeNeighbours(path: string, { shown }: DiffusionEvaluation): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  const { writeSampleGrid } = await import('../../src/evaluation/sample-grid.js');
  await mkdir(dirname(path), { recursive: true });
  await writeSampleGrid(
    path,
    shown.map(({ sample }) => sample),
    shown.map(({ nearest }) => nearest),
  );
  note(`Samples, and below each the training picture nearest to it: ${path}`);
}

function linesOf({ sets, nearestDistanceRatio, accuracies, size }: DiffusionEvaluation): string[] {
  const range = ({ mean, low, high }: Interval, digits: number) =>
    `${mean.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
  const percent = ({ mean, low, high }: Interval) =>
    `${(100 * mean).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
  const rows = sets.map(({ name, pictures, toTraining, toTest, quality }) =>
    [
      `  ${name}, ${pictures}:`,
      `Fréchet distance ${range(toTraining, 3)} to training, ${range(toTest, 3)} to test pictures;`,
      `precision ${percent(quality.precision)}, recall ${percent(quality.recall)}`,
    ].join(' '),
  );
  return [
    `Pictures of ${size} px, 95 % intervals; Fréchet distance on built-in features, no FID, comparable within this list alone:`,
    ...rows,
    `  A sample is ${nearestDistanceRatio.toFixed(2)} times as far from its nearest training picture as a test picture is (below 1: memorised).`,
    ...(accuracies
      ? [
          `  A classifier trained on ${accuracies.samples} samples tells ${percent(accuracies.trainedOnSamples)} of real test pictures,`,
          `  one trained on ${accuracies.real} real pictures ${percent(accuracies.trainedOnReal)}.`,
        ]
      : []),
  ];
}
