import { expect, test } from 'vitest';
import type { Judgement } from '../../experiments/diffusability/judge-tokenizer.js';
import { judgementTable, rankTable, seedTable } from '../../experiments/diffusability/tables.js';
import { comparedTokenizers } from '../../experiments/diffusability/tokenizers.js';

const judgement = (name: string, place: number, seed = 0): Judgement => ({
  name,
  seed,
  budget: { tokenizerSteps: 1, diffusionSteps: 1, samples: 1, threads: 1 },
  seconds: 1,
  psnrDb: 20 - place,
  reconstructions: [place, place - 1, place + 1],
  samples: [10 * place, 10 * place - 1, 10 * place + 1],
  precision: [0.5, 0.4, 0.6],
  recall: [0.25, 0.2, 0.3],
  loss: place % 2,
  nearestDistanceRatio: 1,
  measures: place < 3 ? {} : { turnError: place },
});

const judgements = comparedTokenizers.map(({ name }, index) => judgement(name, index + 1));

test('tokenizers are compared whose names are their own, each that a claim hangs on thrice', () => {
  expect(new Set(comparedTokenizers.map(({ name }) => name)).size).toBe(comparedTokenizers.length);
  expect(comparedTokenizers.filter(({ seeds }) => seeds === 3).length).toBeGreaterThanOrEqual(2);
});

test('a measure that orders tokenizers as samples do has a rank correlation of 1, the reverse of -1, and both tell', () => {
  const rows = rankTable(judgements).split('\n');
  expect(rows.find((row) => row.includes('distance of reconstructions'))).toMatch(/1\.00 \(1\.00 to 1\.00\) \| tells/);
  expect(rows.find((row) => row.includes('PSNR'))).toMatch(/−1\.00 \(−1\.00 to −1\.00\) \| tells/);
});

test('a measure that has nothing to do with samples does not tell, and one of some tokenizers is counted among those', () => {
  const rows = rankTable(judgements).split('\n');
  expect(rows.find((row) => row.includes('loss of the diffusion model'))).toContain('does not tell');
  expect(rows.find((row) => row.includes('error of turns'))).toContain(`| ${comparedTokenizers.length - 2} |`);
});

test('every training has a row with what it differs in, or its seed', () => {
  const [first] = comparedTokenizers;
  const rows = judgementTable([...judgements, judgement(first!.name, 2, 1)]).split('\n');
  expect(rows).toHaveLength(judgements.length + 3);
  expect(rows[2]).toContain(first!.change);
  expect(rows.at(-1)).toContain('seed 1');
});

test('of several seeds a tokenizer has its mean, least and greatest, of one none', () => {
  const [first, second] = comparedTokenizers;
  const rows = seedTable([judgement(first!.name, 1), judgement(first!.name, 4, 1), judgement(second!.name, 9)]);
  expect(rows.split('\n').slice(2)).toEqual([`| \`${first!.name}\` | 2 | 2.5 (1.0–4.0) | 25.0 (10.0–40.0) |`]);
});
