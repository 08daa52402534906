import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DiffusionEvaluation, DrawnSet } from '../../src/diffusion/evaluation/evaluate-diffusion.js';
import { namesOfRuns } from '../../src/diffusion/evaluation/names-of-runs.js';
import type { PixelImage } from '../../src/evaluation/measures/pixel-image.js';
import { generationAnswer } from '../../src/report/generation/answer.js';
import { writeGenerationReport } from '../../src/report/generation/generation-report.js';

const interval = (mean: number) => ({ mean, low: mean - 1, high: mean + 1, count: 100 });
const share = { mean: 0.5, low: 0.4, high: 0.6, count: 100 };

function picture(red: number): PixelImage {
  const pixels = new Uint8Array(8 * 8 * 3);
  for (let at = 0; at < pixels.length; at += 3) pixels[at] = red;
  return { pixels, width: 8, height: 8 };
}

/** @param distances Fréchet distances to test pictures, each 1 up and down in its interval */
function evaluation(distances: Record<string, number>, more: Partial<DiffusionEvaluation> = {}): DiffusionEvaluation {
  const sets = Object.entries(distances).map(([name, distance]) => ({
    name,
    pictures: 44,
    toTraining: interval(distance + 5),
    toTest: interval(distance),
    quality: { precision: share, recall: share },
  }));
  return { size: 8, sets, nearestDistanceRatio: 1.2, shown: [], ...more };
}

const floor = { reconstructions: 10, 'real pictures': 0 };

test('the headline says what intervals that are apart say, and no more', () => {
  const headline = (prior: number) =>
    generationAnswer(evaluation({ samples: 40, ...floor, 'prior of v': prior })).headline;
  expect(headline(60)).toBe('Samples are nearer to real pictures than draws from the prior of v');
  expect(headline(20)).toBe('Draws from the prior of v are nearer to real pictures than samples');
  expect(headline(41)).toBe(
    'Whether samples or draws from the prior of v are nearer to real pictures, these figures do not tell',
  );
  expect(generationAnswer(evaluation({ samples: 40, ...floor })).headline).toBe('What the diffusion model generates');
});

test('the answer has the figures, with the classifier where there was one, and says where pictures are repeated', () => {
  const accuracies = { trainedOnSamples: share, trainedOnReal: share, samples: 96, real: 90 };
  const figures = { samples: 40, ...floor, 'prior of v': 60 };
  const said = generationAnswer(evaluation(figures, { accuracies, nearestDistanceRatio: 0.4 })).sentences.join(' ');
  expect(said).toContain('samples 40.0 (39.0 to 41.0), prior of v 60.0 (59.0 to 61.0)');
  expect(said).toContain(
    '96 samples and nothing else tells 50.0 % (40.0 to 60.0) of real pictures, one trained on 90 real',
  );
  expect(said).toContain(
    '0.40 times as far from its nearest training picture as a test picture is: training pictures are repeated.',
  );
  expect(generationAnswer(evaluation(figures)).sentences.join(' ')).not.toContain('classifier');
});

test('the page stands alone and shows every class, the prior, and the neighbours; figures stand beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'generation-'));
  const shown = [{ sample: picture(10), nearest: picture(20), path: 'a&b/1.png' }];
  const drawn: DrawnSet[] = [
    { name: 'samples', pictures: [10, 20, 30].map(picture), classes: ['a&b', 'c', 'a&b'] },
    { name: 'prior of v', pictures: [picture(99)] },
  ];
  const judged = evaluation({ samples: 40, ...floor, 'prior of v': 60 }, { shown });
  await writeGenerationReport(folder, { model: 'runs/d', evaluation: judged, drawn });
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  expect([...page.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title)).toEqual(['a&amp;b', 'c', 'prior of v']);
  // Two of the first class side by side with 2 px between them, one of each other, and the pair of neighbours.
  const sizes = [...page.matchAll(/<img [^>]*width="(\d+)" height="(\d+)"/g)].map(([, width, height]) => [
    width,
    height,
  ]);
  expect(sizes).toEqual([
    ['18', '8'],
    ['8', '8'],
    ['8', '8'],
    ['8', '18'],
  ]);
  expect(page).not.toMatch(/src="(?!data:)/);
  expect(page).toContain('<td>60.00 (59.00 to 61.00)</td>');
  const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  expect(report).toMatchObject({
    schemaVersion: 1,
    model: 'runs/d',
    nearest: ['a&b/1.png'],
    nearestDistanceRatio: 1.2,
  });
  expect(report.sets).toHaveLength(4);
  expect(report).not.toHaveProperty('shown');
});

test('runs are called by the last part of their paths, and by all of it where two would share that', () => {
  expect(namesOfRuns(['runs/a', '/tmp/b/'])).toEqual(['a', 'b']);
  expect(namesOfRuns(['x/a', 'y/a', 'b'])).toEqual(['x/a', 'y/a', 'b']);
});
