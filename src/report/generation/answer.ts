/** What the figures of a diffusion model's samples say, in sentences. */
import type { DiffusionEvaluation } from '../../diffusion/evaluation/evaluate-diffusion.js';
import { type GeneratedSet, setOf } from '../../diffusion/evaluation/generated-set.js';
import { intervalText, percentText } from '../../evaluation/measures/interval-text.js';

/** @returns what stands first, and what follows from which figures */
export function generationAnswer(evaluation: DiffusionEvaluation): { headline: string; sentences: string[] } {
  const { sets, accuracies, nearestDistanceRatio: ratio } = evaluation;
  const [samples, floor] = [setOf(sets, 'samples'), setOf(sets, 'reconstructions')];
  const priors = sets.filter(({ name }) => name.startsWith('prior of '));
  const distances = [samples, ...priors].map(({ name, toTest }) => `${name} ${intervalText(toTest, 1)}`);
  return {
    headline: headlineOf(samples, priors),
    sentences: [
      `Fréchet distance to real pictures that nothing was trained on: ${distances.join(', ')}; the tokenizer’s own`,
      `reconstructions, which samples cannot pass by much, ${intervalText(floor.toTest, 1)}.`,
      ...(accuracies
        ? [
            `A classifier that saw ${accuracies.samples} samples and nothing else tells ${percentText(accuracies.trainedOnSamples)} of real`,
            `pictures, one trained on ${accuracies.real} real ones ${percentText(accuracies.trainedOnReal)}.`,
          ]
        : []),
      `A sample is ${ratio.toFixed(2)} times as far from its nearest training picture as a test picture is${
        ratio < 0.8 ? ': training pictures are repeated.' : ': training pictures are not repeated.'
      }`,
    ],
  };
}

function headlineOf({ toTest }: GeneratedSet, priors: readonly GeneratedSet[]): string {
  if (priors.length === 0) return 'What the diffusion model generates';
  const names = priors.map(({ name }) => `the ${name}`).join(' and the ');
  if (priors.every((prior) => toTest.high < prior.toTest.low)) {
    return `Samples are nearer to real pictures than draws from ${names}`;
  }
  if (priors.every((prior) => prior.toTest.high < toTest.low)) {
    return `Draws from ${names} are nearer to real pictures than samples`;
  }
  return `Whether samples or draws from ${names} are nearer to real pictures, these figures do not tell`;
}
