/** `latent-vae evaluate --diffusion`: what is generated, beside what is real. */
import { join } from 'node:path';
import type {
  DiffusionEvaluation,
  DiffusionEvaluationOptions,
  DrawnSet,
} from '../../../src/diffusion/evaluation/evaluate-diffusion.js';
import { intervalText, percentText } from '../../../src/evaluation/measures/interval-text.js';
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
  if (!json) for (const line of linesOf(evaluation)) print(line);
  return { diffusion, ...figures, shown: shown.map(({ path }) => path) };
}

function linesOf({ sets, nearestDistanceRatio, accuracies, size }: DiffusionEvaluation): string[] {
  const rows = sets.map(({ name, pictures, toTraining, toTest, quality }) =>
    [
      `  ${name}, ${pictures}:`,
      `Fréchet distance ${intervalText(toTraining, 3)} to training, ${intervalText(toTest, 3)} to test pictures;`,
      `precision ${percentText(quality.precision)}, recall ${percentText(quality.recall)}`,
    ].join(' '),
  );
  return [
    `Pictures of ${size} px, 95 % intervals; Fréchet distance on built-in features, no FID, comparable within this list alone:`,
    ...rows,
    `  A sample is ${nearestDistanceRatio.toFixed(2)} times as far from its nearest training picture as a test picture is (below 1: memorised).`,
    ...(accuracies
      ? [
          `  A classifier trained on ${accuracies.samples} samples tells ${percentText(accuracies.trainedOnSamples)} of real test pictures,`,
          `  one trained on ${accuracies.real} real pictures ${percentText(accuracies.trainedOnReal)}.`,
        ]
      : []),
  ];
}
