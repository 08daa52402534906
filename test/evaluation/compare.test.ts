import { beforeAll, describe, expect, test } from 'vitest';
import { type ComparisonInput, compareModels, type ReconstructingModel } from '../../src/evaluation/compare.js';
import type { MeasureName } from '../../src/evaluation/measures/measures.js';
import type { PixelImage } from '../../src/evaluation/measures/pixel-image.js';
import { answerOf } from '../../src/report/page/answer.js';
import { formatTable } from '../../src/report/table.js';
import { blurred, deadLeaves, grainy, modelFacts, protocol } from './pictures.js';

const originals = Array.from({ length: 24 }, (_, seed) => deadLeaves(seed, 48));
const names = originals.map((_, index) => `leaves/${index}.png`);
let sharp: ReconstructingModel;
let soft: ReconstructingModel;
let inventive: ReconstructingModel;

const compared = (models: readonly ReconstructingModel[], options: Partial<ComparisonInput> = {}) =>
  compareModels({ originals, names, models, protocol, ...options });

beforeAll(async () => {
  const blurAll = (sigma: number) => Promise.all(originals.map((original) => blurred(original, sigma)));
  sharp = { ...modelFacts('sharp', [12, 12, 3], 1e-6), reconstructions: await blurAll(0.6) };
  soft = { ...modelFacts('soft', [432], 1), reconstructions: await blurAll(2) };
  inventive = { ...modelFacts('inventive', [12, 12, 3], 1e-6), reconstructions: soft.reconstructions.map(grainy) };
});

describe('the comparison', () => {
  test('says of each model what was done to its pictures', () => {
    const { models } = compared([sharp, soft, inventive]).data;
    const mean = (model: number, measure: MeasureName) => models[model]!.summary[measure].mean;
    expect(mean(0, 'blurSigmaPx')).toBeCloseTo(0.6, 1);
    expect(mean(1, 'blurSigmaPx')).toBeCloseTo(2, 1);
    expect(mean(0, 'spectralSlopeDifference')).toBeLessThan(-0.2);
    expect(mean(1, 'spectralSlopeDifference')).toBeLessThan(mean(0, 'spectralSlopeDifference'));
    expect(mean(0, 'laplacianVarianceRatio')).toBeLessThan(mean(0, 'gradientEnergyRatio'));
    // Grain brings gradient energy back, and that is told from detail.
    expect(mean(2, 'gradientEnergyRatio')).toBeGreaterThan(2 * mean(1, 'gradientEnergyRatio'));
    expect(mean(2, 'fineKept')).toBeLessThan(0.05);
    expect(mean(2, 'fineInvented')).toBeGreaterThan(0.1);
    for (const { summary } of models) {
      const { low, mean, high } = summary.psnrDb;
      expect(low).toBeLessThan(mean);
      expect(mean).toBeLessThan(high);
    }
  });

  test('is perfect for a model that returns the originals', () => {
    const { summary, power } = compared([{ ...sharp, reconstructions: originals }]).data.models[0]!;
    const perfect = {
      ssim: 1,
      gradientEnergyRatio: 1,
      blurSigmaPx: 0,
      fineKept: 1,
      fineInvented: 0,
      fineErrorRatio: 0,
    };
    for (const [measure, value] of Object.entries(perfect)) {
      expect(summary[measure as keyof typeof perfect].mean).toBeCloseTo(value, 10);
    }
    expect(summary.psnrDb.mean).toBeCloseTo(10 * Math.log10(255 ** 2 * 48 * 48 * 3), 10);
    expect(power).toEqual(compared([soft]).data.originalPower);
  });

  test('leaves out originals without detail, and says how many remain', () => {
    const flat: PixelImage = { ...originals[0]!, pixels: new Uint8Array(48 * 48 * 3).fill(77) };
    const { summary, perImage } = compareModels({
      originals: [flat, originals[1]!],
      names: ['flat', 'leaves'],
      models: [{ ...soft, reconstructions: [flat, soft.reconstructions[1]!] }],
      protocol,
    }).data.models[0]!;
    expect([summary.psnrDb.count, summary.blurSigmaPx.count, summary.fineKept.count]).toEqual([2, 1, 1]);
    expect(perImage.gradientEnergyRatio[0]).toBeNaN();
  });

  test('keeps evenly chosen pictures for the page', () => {
    const { pictures } = compared([sharp, soft], { pictures: 3 });
    expect(pictures.map(({ index, name }) => [index, name])).toEqual([
      [4, 'leaves/4.png'],
      [12, 'leaves/12.png'],
      [20, 'leaves/20.png'],
    ]);
    expect(pictures[1]!.reconstructions).toEqual([sharp.reconstructions[12], soft.reconstructions[12]]);
    expect(compared([sharp]).pictures).toHaveLength(12);
  });

  test('refuses what does not belong together', () => {
    expect(() => compareModels({ originals: [], names: [], models: [], protocol })).toThrow(/no picture to compare/);
    expect(() => compared([])).toThrow(/no model to compare/);
    expect(() => compared([{ ...sharp, reconstructions: [] }])).toThrow(/sharp has 0 pictures, wanted .* 24 originals/);
    expect(() => compared([sharp, sharp])).toThrow(/two models named sharp/);
    expect(() => compared([sharp], { originals: [...originals.slice(1), deadLeaves(1, 32)] })).toThrow(
      /32×32, wanted 48×48/,
    );
  });
});

describe('the answer', () => {
  const answer = (...input: Parameters<typeof compared>) => answerOf(compared(...input).data);

  test('names the model ahead, the blur of each, and why the cause stays open', () => {
    const { headline, sentences } = answer([soft, sharp]);
    expect(headline).toMatch(/^soft blurs by 2\.\d\d\spx, sharp by 0\.(5|6)\d\spx$/);
    const text = sentences.join(' ');
    expect(text).toMatch(/On 24 pictures, sharp comes closest: .* ahead of soft by [\d.]+\sdB \(95\s% interval/);
    expect(text).toMatch(/sharp keeps \d+\s% and soft keeps \d\s%/);
    expect(text).toMatch(/differ in shape of the latent \(12×12×3, 432\) and KL weight \(1e-6, 1\) at once/);
    expect(text).not.toMatch(/Texture|first impression|do not show/);
  });

  test('claims no difference where there is none', () => {
    const twin = { ...soft, name: 'twin', klWeight: 0.1 };
    const text = answer([soft, twin]).sentences.join(' ');
    expect(text).toMatch(/PSNR cannot tell soft .* from twin .*: the difference is 0\.00\sdB/);
    expect(text).toMatch(/do not show that twin is blurrier than soft/);
    expect(text).toMatch(/differ in KL weight \(1, 0\.1\) alone/);
  });

  test('says which texture is invented, and does not take it for sharpness', () => {
    const { headline, sentences } = answer([sharp, inventive]);
    expect(sentences.join(' ')).toMatch(/do not have, which hides blur, is added by inventive \(\d+\s% of/);
    expect(headline).toMatch(/^inventive keeps \d\s% of the fine detail, sharp \d\d\s%$/);
    expect(answer([sharp, soft, inventive]).headline).toMatch(
      /keep from \d\s% with (soft|inventive) to .* with sharp$/,
    );
  });

  test('takes one picture for what it is', () => {
    const one = { originals: originals.slice(0, 1), names: names.slice(0, 1) };
    const models = [sharp, soft].map((model) => ({ ...model, reconstructions: model.reconstructions.slice(0, 1) }));
    const text = answer(models, one).sentences.join(' ');
    expect(text).toMatch(/On one picture, .* first impression/);
    expect(text).not.toMatch(/interval/);
  });
});

test('the terminal table lines its columns up and holds each mean with its interval', () => {
  const lines = formatTable(compared([sharp, soft])).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^Model\s+Latent\s+Compression\s+KL weight\s+PSNR \[dB\]\s+SSIM\s+Sharpness\s+Blur \[px\]/);
  expect(lines[2]).toMatch(/^sharp\s+12×12×3\s+16×\s+1e-6\s+\d\d\.\d\d \(\d\d\.\d\d – \d\d\.\d\d\)/);
  expect(new Set(lines.slice(1, 4).map((line) => line.length)).size).toBe(1);
  expect(lines[4]).toBe('24 images of 48×48 px; in parentheses: 95 % intervals.');
});
