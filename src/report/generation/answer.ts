/** What the figures of a diffusion model's samples say, in sentences. */
import type { DiffusionEvaluation, GeneratedSet } from '../../diffusion/evaluation/evaluate-diffusion.js';
import type { Interval } from '../../evaluation/measures/bootstrap.js';

/** @returns what stands first, and what follows from which figures */
export function generationAnswer(evaluation: DiffusionEvaluation): { headline: string; sentences: string[] } {
  const { sets, accuracies, nearestDistanceRatio: ratio } = evaluation;
  const [samples, floor] = [setOf(sets, 'samples'), setOf(sets, 'reconstructions')];
  const priors = sets.filter(({ name }) => name.startsWith('prior of '));
  const distances = [samples, ...priors].map(({ name, toTest }) => `${name} ${range(toTest, 1)}`);
  return {
    headline: headlineOf(samples, priors),
    sentences: [
      `Fréchet distance to real pictures that nothing was trained on: ${distances.join(', ')}; the tokenizer’s own`,
      `reconstructions, which samples cannot pass by much, ${range(floor.toTest, 1)}.`,
      ...(accuracies
        ? [
            `A classifier that saw ${accuracies.samples} samples and nothing else tells ${percent(accuracies.trainedOnSamples)} of real`,
            `pictures, one trained on ${accuracies.real} real ones ${percent(accuracies.trainedOnReal)}.`,
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

function setOf(sets: readonly GeneratedSet[], name: string): GeneratedSet {
  const set = sets.find((other) => other.name === name);
  if (set === undefined) throw new Error(`An evaluation lacks its ${name}.`);
  return set;
}

export const range = ({ mean, low, high }: Interval, digits: number): string =>
  `${mean.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

export const percent = ({ mean, low, high }: Interval): string =>
  `${(100 * mean).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
