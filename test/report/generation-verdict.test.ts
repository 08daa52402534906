import { expect, test } from 'vitest';
import type { TokenizerGeneration } from '../../src/diffusion/comparison/compare-generation.js';
import { generationVerdict } from '../../src/report/page/sections/generation-section.js';

/** Fréchet distances to test pictures, each 1 up and down in its interval. */
function generation(name: string, reconstructions: number, samples: number): TokenizerGeneration {
  const interval = (mean: number) => ({ mean, low: mean - 1, high: mean + 1, count: 100 });
  const share = interval(0.5);
  const set = (of: string, distance: number) => ({
    name: of,
    pictures: 100,
    toTraining: interval(distance),
    toTest: interval(distance),
    quality: { precision: share, recall: share },
  });
  const sets = [set('samples', samples), set('reconstructions', reconstructions)];
  return {
    name,
    loss: 1,
    steps: 10,
    latents: null,
    evaluation: { size: 32, sets, nearestDistanceRatio: 1, shown: [] },
  };
}

test('who restores best and who generates best are told apart', () => {
  expect(generationVerdict([generation('many', 5, 40), generation('few', 9, 20)])).toBe(
    'They pull apart here: many restores nearest to the test pictures (no other’s interval reaches it); ' +
      'few generates nearest to the test pictures (no other’s interval reaches it).',
  );
});

test('one may do both best', () => {
  expect(generationVerdict([generation('a', 5, 20), generation('b', 9, 40)])).toMatch(/^a does both best: /);
});

test('intervals that overlap are called undecided', () => {
  expect(generationVerdict([generation('a', 5, 20), generation('b', 9, 21.5)])).toBe(
    'These figures do not tell whether they pull apart: a restores nearest to the test pictures (no other’s interval reaches it); ' +
      'a generates nearest to the test pictures (not to be told from b).',
  );
  expect(generationVerdict([generation('a', 5, 20)])).toBe('With one tokenizer there is nothing to compare.');
});
