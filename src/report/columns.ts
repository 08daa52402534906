/** The columns of the comparison's table, the same in the terminal, on the page and in the CSV. */

import type { ModelResult } from '../evaluation/compare.js';
import type { Interval } from '../evaluation/measures/bootstrap.js';
import { formatMeasure, measureGuides, type ShownMeasure } from '../evaluation/measures/measure-guide.js';

export interface FactColumn {
  readonly key: string;
  readonly label: string;
  /** The label within a sentence. */
  readonly phrase: string;
  readonly meaning: string;
  /** What rows are sorted by; words sort after the alphabet. */
  readonly value: (model: ModelResult) => string | number;
  readonly text: (model: ModelResult) => string;
}

export interface MeasureColumn {
  readonly key: ShownMeasure;
  readonly label: string;
  readonly unit: string;
  readonly meaning: string;
  readonly interval: (model: ModelResult) => Interval;
}

export const factColumns: readonly FactColumn[] = [
  {
    key: 'name',
    label: 'Model',
    phrase: 'name',
    meaning: 'The run the model comes from.',
    value: ({ name }) => name,
    text: ({ name }) => name,
  },
  {
    key: 'preset',
    label: 'Preset',
    phrase: 'preset',
    meaning: 'The network it was built as.',
    value: ({ preset }) => preset,
    text: ({ preset }) => preset,
  },
  {
    key: 'latentShape',
    label: 'Latent',
    phrase: 'shape of the latent',
    meaning: 'The shape of what the picture is squeezed into: a map (height × width × channels) or one vector.',
    value: ({ latentFloats }) => latentFloats,
    text: ({ latentShape }) => formatShape(latentShape),
  },
  {
    key: 'latentFloats',
    label: 'Floats',
    phrase: 'number of floats',
    meaning: 'How many numbers the latent holds.',
    value: ({ latentFloats }) => latentFloats,
    text: ({ latentFloats }) => formatCount(latentFloats),
  },
  {
    key: 'compressionRatio',
    label: 'Compression',
    phrase: 'compression',
    meaning: 'How many values of the picture one number of the latent stands for.',
    value: ({ compressionRatio }) => compressionRatio,
    text: ({ compressionRatio }) => `${Number(compressionRatio.toPrecision(3))}×`,
  },
  {
    key: 'klWeight',
    label: 'KL weight',
    phrase: 'KL weight',
    meaning:
      'How strongly training pushed the latents towards pure noise; 1 is the complete KL term of a textbook VAE.',
    value: ({ klWeight }) => klWeight ?? Number.MAX_VALUE,
    text: ({ klWeight }) => (klWeight === null ? 'unknown' : formatWeight(klWeight)),
  },
  {
    key: 'objective',
    label: 'Objective',
    phrase: 'objective',
    meaning: 'What training minimized, besides the KL term.',
    value: ({ objective }) => objective,
    text: ({ objective }) => objective,
  },
  {
    key: 'parameters',
    label: 'Parameters',
    phrase: 'number of parameters',
    meaning: 'Weights of encoder and decoder together.',
    value: ({ parameters }) => parameters,
    text: ({ parameters }) => formatCount(parameters),
  },
  {
    key: 'steps',
    label: 'Steps',
    phrase: 'number of steps',
    meaning: 'How many steps it was trained for.',
    value: ({ trained }) => trained?.steps ?? 0,
    text: ({ trained }) => (trained ? formatCount(trained.steps) : '–'),
  },
  {
    key: 'imagesSeen',
    label: 'Images seen',
    phrase: 'number of images seen',
    meaning: 'How many images its steps saw; an image counts each time.',
    value: ({ trained }) => trained?.images ?? 0,
    text: ({ trained }) => (trained ? formatCount(trained.images) : '–'),
  },
];

const tableMeasures = [
  'psnrDb',
  'ssim',
  'perceptualDistance',
  'frechetDistance',
  'gradientEnergyRatio',
  'blurSigmaPx',
  'fineKept',
  'fineInvented',
] as const satisfies readonly ShownMeasure[];

export const measureColumns: readonly MeasureColumn[] = tableMeasures.map((key) => {
  const { label, unit, meaning } = measureGuides[key];
  return { key, label, unit, meaning, interval: (model) => intervalOf(model, key) };
});

/** The columns for which any of the models has a figure. */
export function measureColumnsOf(models: readonly ModelResult[]): MeasureColumn[] {
  return measureColumns.filter(({ interval }) => models.some((model) => interval(model).count > 0));
}

/** A measure's mean over images; of no value where it was not measured. */
export function intervalOf({ summary }: ModelResult, measure: ShownMeasure): Interval {
  return summary[measure] ?? { mean: Number.NaN, low: Number.NaN, high: Number.NaN, count: 0 };
}

/** `24.31 (23.90 – 24.72)`, without the parentheses where one image says nothing about the spread. */
export function formatInterval(measure: ShownMeasure, { mean, low, high, count }: Interval): string {
  const value = formatMeasure(measure, mean);
  return count < 2 ? value : `${value} (${formatMeasure(measure, low)} – ${formatMeasure(measure, high)})`;
}

export function formatShape(shape: readonly number[]): string {
  return shape.join('×');
}

export function formatWeight(weight: number): string {
  const rounded = Number(weight.toPrecision(3));
  return rounded !== 0 && rounded < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** `768`, `12.3 k`, `2.45 M`. */
function formatCount(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1e6 ? `${Number((count / 1e3).toPrecision(3))} k` : `${Number((count / 1e6).toPrecision(3))} M`;
}
