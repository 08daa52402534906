/** The page's headline and paragraph, made of the figures: no sentence says more than they show. */
import type { ComparisonData, ModelResult } from '../../evaluation/compare.js';
import { bootstrapInterval } from '../../evaluation/measures/bootstrap.js';
import { formatMeasure, formatWithUnit, type PixelMeasure } from '../../evaluation/measures/measure-guide.js';
import { largestSigmaPx } from '../../evaluation/measures/sharpness/blur-calibration.js';
import { counted } from '../../quantities.js';
import { factColumns } from '../columns.js';

export interface Answer {
  readonly headline: string;
  readonly sentences: readonly string[];
}

/** Invented detail below this share of the original's is not worth a sentence. */
const worthMentioning = 0.1;

/** Of more models than this, a sentence names only the two ends. */
const mostNamed = 3;

/** Fewer images than this are called few. */
const fewImages = 20;

export function answerOf(data: ComparisonData): Answer {
  const byPsnr = sorted(data.models, 'psnrDb');
  const sentences = [
    data.protocol.warning,
    fidelity(data, byPsnr),
    sharpness(byPsnr),
    undecided(data, byPsnr),
    detail(byPsnr),
    invention(byPsnr),
    data.protocol.images < fewImages ? 'So few pictures give a first impression only.' : undefined,
    causes(byPsnr),
  ];
  return { headline: headline(data.models), sentences: sentences.filter((sentence) => sentence !== undefined) };
}

/** The blur of each model, or where texture was invented, which hides blur, the detail each one kept. */
function headline(models: readonly ModelResult[]): string {
  const kept = models.some(isInventive);
  const order = kept ? sorted(models, 'fineKept').reverse() : sorted(models, 'blurSigmaPx');
  const [worst, best] = [order[0], order.at(-1)];
  if (!worst || !best) return 'The originals hold no detail that could be lost';
  const figure = (model: ModelResult) => (kept ? value(model, 'fineKept') : blur(model));
  const start = `${worst.name} ${kept ? 'keeps' : 'blurs by'} ${figure(worst)}${kept ? ' of the fine detail' : ''}`;
  if (worst === best) return start;
  if (order.length === 2) return `${start}, ${best.name} ${kept ? '' : 'by '}${figure(best)}`;
  const subject = kept ? 'Of the fine detail, models keep from' : 'Blur ranges from';
  const [low, high] = kept ? [worst, best] : [best, worst];
  return `${subject} ${figure(low)} with ${low.name} to ${figure(high)} with ${high.name}`;
}

function fidelity({ protocol, models }: ComparisonData, [leader, second]: readonly ModelResult[]): string | undefined {
  if (!leader) return undefined;
  const on = protocol.images === 1 ? 'On one picture' : `On ${counted(protocol.images, 'picture')}`;
  const psnr = (model: ModelResult) => value(model, 'psnrDb');
  if (!second) return `${on}, ${leader.name} reaches ${psnr(leader)} PSNR.`;
  const { mean, low, high } = pairedDifference(protocol, leader, second, 'psnrDb');
  const spread = `${percent(protocol.confidence)} interval ${formatMeasure('psnrDb', low)} to ${inDb(high)}`;
  const difference = protocol.images === 1 ? inDb(mean) : `${inDb(mean)} (${spread})`;
  if (low > 0) {
    const ahead = models.length === 2 ? second.name : `the next, ${second.name},`;
    return `${on}, ${leader.name} comes closest: ${psnr(leader)} PSNR, ahead of ${ahead} by ${difference}.`;
  }
  return (
    `${on}, PSNR cannot tell ${leader.name} (${psnr(leader)}) from ${second.name} (${psnr(second)}): ` +
    `the difference is ${difference}.`
  );
}

function sharpness(byPsnr: readonly ModelResult[]): string | undefined {
  const named = ends(withFigures(byPsnr, 'blurSigmaPx'), 'blurSigmaPx');
  const each = named.map((model, index) => {
    const ratio = value(model, 'gradientEnergyRatio');
    return index === 0
      ? `${model.name} is as blurry as a Gaussian blur of ${blur(model)} (sharpness ${ratio}, the originals’ being 1)`
      : `${model.name} as one of ${blur(model)} (${ratio})`;
  });
  return each.length === 0 ? undefined : `${listed(each)}.`;
}

/** Says so where the model with the higher PSNR of two is not shown to be the sharper one. */
function undecided({ protocol }: ComparisonData, byPsnr: readonly ModelResult[]): string | undefined {
  const [leader, other, ...more] = withFigures(byPsnr, 'blurSigmaPx');
  if (!leader || !other || more.length > 0) return undefined;
  if (pairedDifference(protocol, other, leader, 'blurSigmaPx').low > 0) return undefined;
  return `These pictures do not show that ${other.name} is blurrier than ${leader.name}.`;
}

function detail(byPsnr: readonly ModelResult[]): string | undefined {
  const named = ends(withFigures(byPsnr, 'fineKept'), 'fineKept');
  const each = named.map((model) => `${model.name} keeps ${value(model, 'fineKept')}`);
  return each.length === 0 ? undefined : `Of the finest detail (2 to 4 px), ${listed(each)}.`;
}

function invention(byPsnr: readonly ModelResult[]): string | undefined {
  const each = byPsnr.filter(isInventive).map((model, index) => {
    const ofWhat = index === 0 ? ' of the energy of the originals’ fine detail' : '';
    return `${model.name} (${value(model, 'fineInvented')}${ofWhat})`;
  });
  return each.length === 0
    ? undefined
    : `Texture that the originals do not have, which hides blur, is added by ${listed(each)}.`;
}

function causes(models: readonly ModelResult[]): string | undefined {
  if (models.length < 2) return undefined;
  const properties = factColumns.filter(
    ({ key }) => !['name', 'preset', 'compressionRatio', 'steps', 'imagesSeen'].includes(key),
  );
  const differing = properties.filter(({ text }) => new Set(models.map(text)).size > 1);
  // The number of floats follows from the shape.
  const shapeDiffers = differing.some(({ key }) => key === 'latentShape');
  const named = differing
    .filter(({ key }) => !(shapeDiffers && key === 'latentFloats'))
    .map(({ phrase, text }) => (models.length > 2 ? phrase : `${phrase} (${models.map(text).join(', ')})`));
  if (named.length === 0) return 'The models agree in every property listed in the table.';
  if (named.length === 1) return `Of the properties in the table, the models differ in ${named[0]} alone.`;
  return (
    `The models differ in ${listed(named)} at once: the figures say how blurry each one is, not which of these ` +
    'differences is the reason.'
  );
}

/** Of `a` - `b` over the images where both are defined. */
function pairedDifference(
  bootstrap: ComparisonData['protocol'],
  a: ModelResult,
  b: ModelResult,
  measure: PixelMeasure,
) {
  const differences = a.perImage[measure].map((figure, image) => figure - b.perImage[measure][image]!);
  return bootstrapInterval(differences.filter(Number.isFinite), bootstrap);
}

function withFigures(models: readonly ModelResult[], measure: PixelMeasure): ModelResult[] {
  return models.filter(({ summary }) => summary[measure].count > 0);
}

function isInventive({ summary }: ModelResult): boolean {
  return summary.fineInvented.low > worthMentioning;
}

/** Those with figures, the highest first. */
function sorted(models: readonly ModelResult[], measure: PixelMeasure): ModelResult[] {
  return withFigures(models, measure).sort((a, b) => b.summary[measure].mean - a.summary[measure].mean);
}

/** All models if they are few, otherwise the one with the highest and the one with the lowest figure. */
function ends(models: readonly ModelResult[], measure: PixelMeasure): readonly ModelResult[] {
  if (models.length <= mostNamed) return models;
  const order = sorted(models, measure);
  return [order[0]!, order.at(-1)!];
}

function blur(model: ModelResult): string {
  const atLeast = model.summary.blurSigmaPx.mean >= largestSigmaPx ? 'at least ' : '';
  return `${atLeast}${value(model, 'blurSigmaPx')}`;
}

function value({ summary }: ModelResult, measure: PixelMeasure): string {
  return formatWithUnit(measure, summary[measure].mean);
}

function inDb(figure: number): string {
  return formatWithUnit('psnrDb', figure);
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(3))}\u00a0%`;
}

function listed(parts: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(parts);
}
