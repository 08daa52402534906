/** `latent-vae evaluate --diffusion`: what is generated, beside what is real. */
import { join } from 'node:path';
import type {
  DiffusionEvaluation,
  DiffusionEvaluationOptions,
  DrawnSet,
} from '../../../src/diffusion/evaluation/evaluate-diffusion.js';
import { note, print, warn } from '../output.js';

export async function evaluateGeneration(
  directory: string,
  {
    diffusion,
    out,
    ...options
  }: DiffusionEvaluationOptions & { readonly diffusion: string; readonly out?: string | undefined },
  { json }: { readonly json: boolean },
): Promise<object> {
  const { evaluateDiffusion } = await import('../../../src/diffusion/evaluation/evaluate-diffusion.js');
  const { selectEngine } = await import('../../../src/engine/select.js');
  await selectEngine(options, { onWarning: warn });
  const drawn: DrawnSet[] = [];
  const hooks = { onStage: note, onDrawn: (set: DrawnSet) => void drawn.push(set) };
  const evaluation = await evaluateDiffusion(diffusion, directory, options, hooks);
  if (out !== undefined) {
    const { writeGenerationReport } = await import('../../../src/report/generation/generation-report.js');
    await writeGenerationReport(out, { model: diffusion, evaluation, drawn });
    note(`What was drawn, class by class, and the training pictures nearest to it: ${join(out, 'index.html')}`);
  }
  const { shown, ...figures } = evaluation;
  if (!json) for (const line of await linesOf(evaluation)) print(line);
  return { diffusion, ...figures, shown: shown.map(({ path }) => path) };
}

async function linesOf({ sets, nearestDistanceRatio, accuracies, size }: DiffusionEvaluation): Promise<string[]> {
  const { percent, range } = await import('../../../src/report/generation/answer.js');
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
