/** The page's headline and paragraph, made of the figures: no sentence says more than they show. */

import { largestSigmaPx } from '../blur-calibration.js';
import { bootstrapInterval, type Interval } from '../bootstrap.js';
import type { ComparisonData, ModelResult } from '../compare.js';
import { formatMeasure, formatWithUnit, type ShownMeasure } from '../measure-guide.js';
import { factColumns } from './columns.js';

export interface Answer {
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** Invented detail below this share of the original's is not worth a sentence. */
const worthMentioning = 0.1;

export function answerOf(data: ComparisonData): Answer {
  const byPsnr = [...data.models].sort((a, b) => b.summary.psnrDb.mean - a.summary.psnrDb.mean);
  return {
    headline: headline(data.models),
    sentences: [
      ...fidelity(data, byPsnr),
      ...sharpness(data, byPsnr),
      ...detail(byPsnr),
      ...invention(byPsnr),
      ...fewImages(data),
      ...causes(byPsnr),
    ],
  };
}

function headline(models: readonly ModelResult[]): string {
  const byBlur = models
    .filter(({ summary }) => summary.blurSigmaPx.count > 0)
    .sort((a, b) => b.summary.blurSigmaPx.mean - a.summary.blurSigmaPx.mean);
  const [blurriest, sharpest] = [byBlur[0], byBlur.at(-1)];
  if (!blurriest || !sharpest) return 'The originals hold no detail that could be lost';
  const start = `${blurriest.name} blurs by ${blur(blurriest)}`;
  if (blurriest === sharpest) return start;
  if (byBlur.length === 2) return `${start}, ${sharpest.name} by ${blur(sharpest)}`;
  return `Blur ranges from ${blur(sharpest)} (${sharpest.name}) to ${blur(blurriest)} (${blurriest.name})`;
}

function fidelity(data: ComparisonData, [leader, second]: readonly ModelResult[]): string[] {
  const on = `On ${pictures(data.protocol.images)}`;
  if (!leader) return [];
  const psnr = (model: ModelResult) => formatWithUnit('psnrDb', model.summary.psnrDb.mean);
  if (!second) return [`${on}, ${leader.name} reaches ${psnr(leader)} PSNR (${interval('psnrDb', leader)}).`];
  const difference = pairedDifference(data, leader, second, 'psnrDb');
  const size = `${formatWithUnit('psnrDb', difference.mean)}, ${range('psnrDb', difference, data)}`;
  if (difference.low > 0) {
    return [`${on}, ${leader.name} comes closest: ${psnr(leader)} PSNR, ahead of ${second.name} by ${size}.`];
  }
  return [
    `${on}, PSNR cannot tell ${leader.name} (${psnr(leader)}) from ${second.name} (${psnr(second)}): ` +
      `the difference is ${size}.`,
  ];
}

function sharpness(data: ComparisonData, byPsnr: readonly ModelResult[]): string[] {
  const measured = byPsnr.filter(({ summary }) => summary.blurSigmaPx.count > 0);
  if (measured.length === 0) return [];
  const each = measured.map((model, index) => {
    const subject = index === 0 ? `The pictures of ${model.name} are` : `those of ${model.name}`;
    const keeps = formatMeasure('gradientEnergyRatio', model.summary.gradientEnergyRatio.mean);
    return `${subject} as blurry as the originals after a Gaussian blur of ${blur(model)} (sharpness ${keeps} of 1)`;
  });
  const sentences = [`${listed(each)}.`];
  const [leader, ...others] = measured;
  const blurrier = others.filter((other) => pairedDifference(data, other, leader!, 'blurSigmaPx').low > 0);
  if (others.length === 1 && blurrier.length === 0) {
    sentences.push(`These pictures do not show that ${others[0]!.name} is blurrier than ${leader!.name}.`);
  }
  return sentences;
}

function detail(byPsnr: readonly ModelResult[]): string[] {
  const measured = byPsnr.filter(({ summary }) => summary.fineKept.count > 0);
  if (measured.length === 0) return [];
  const each = measured.map(
    ({ name, summary }) => `${name} keeps ${formatWithUnit('fineKept', summary.fineKept.mean)}`,
  );
  return [`Of the finest detail (2 to 4 px), ${listed(each)}.`];
}

function invention(byPsnr: readonly ModelResult[]): string[] {
  return byPsnr
    .filter(({ summary }) => summary.fineInvented.low > worthMentioning)
    .map(({ name, summary }) => {
      const amount = formatWithUnit('fineInvented', summary.fineInvented.mean);
      return `${name} adds texture that the originals do not have, ${amount} of their fine detail’s energy.`;
    });
}

function fewImages({ protocol }: ComparisonData): string[] {
  if (protocol.images >= 20) return [];
  return ['So few pictures give a first impression only.'];
}

function causes(models: readonly ModelResult[]): string[] {
  if (models.length < 2) return [];
  const properties = factColumns.filter(({ key }) => !['name', 'preset', 'compressionRatio'].includes(key));
  const differing = properties.filter(({ text }) => new Set(models.map(text)).size > 1);
  // The number of floats follows from the shape.
  const shape = differing.some(({ key }) => key === 'latentShape');
  const named = differing
    .filter(({ key }) => !(shape && key === 'latentFloats'))
    .map(({ label, text }) => `${lowerCased(label)} (${models.map(text).join(', ')})`);
  if (named.length === 0) return ['The models agree in every property listed in the table.'];
  if (named.length === 1) return [`Of the properties in the table, they differ in ${named[0]} alone.`];
  return [
    `The models differ in ${listed(named)} at once: the figures say how blurry each one is, not which of these ` +
      'differences is the reason.',
  ];
}

/** Of `a` - `b` over the images where both are defined. */
function pairedDifference({ protocol }: ComparisonData, a: ModelResult, b: ModelResult, measure: ShownMeasure) {
  const differences = a.perImage[measure].map((value, image) => value - b.perImage[measure][image]!);
  return bootstrapInterval(differences.filter(Number.isFinite), protocol);
}

function blur({ summary }: ModelResult): string {
  const { mean } = summary.blurSigmaPx;
  return `${mean >= largestSigmaPx ? 'at least ' : ''}${formatWithUnit('blurSigmaPx', mean)}`;
}

function range(measure: ShownMeasure, { low, high }: Interval, { protocol }: ComparisonData): string {
  return `${100 * protocol.confidence} % interval ${formatMeasure(measure, low)} to ${formatWithUnit(measure, high)}`;
}

function interval(measure: ShownMeasure, { summary }: ModelResult): string {
  return `${formatMeasure(measure, summary[measure].low)} to ${formatWithUnit(measure, summary[measure].high)}`;
}

function listed(parts: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(parts);
}

function pictures(count: number): string {
  return count === 1 ? 'one picture' : `${count} pictures`;
}

/** Small letters, except for words such as KL that are capitals throughout. */
function lowerCased(label: string): string {
  return /^[A-Z]{2}/.test(label) ? label : label.toLowerCase();
}
