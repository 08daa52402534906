import type { FeatureMeasureName, MeasureName } from './measures.js';

/** How a measure is written and read. */
export interface MeasureGuide {
  readonly label: string;
  /** Of the value as `format` writes it. */
  readonly unit: '' | 'dB' | 'px' | '%';
  readonly digits: number;
  /** The value of a perfect reconstruction. */
  readonly perfect: string;
  readonly meaning: string;
}

/** The measures a reader is shown; the others stand in report.json and report.csv. */
export const measureGuides = {
  psnrDb: {
    label: 'PSNR',
    unit: 'dB',
    digits: 2,
    perfect: 'as high as possible',
    meaning:
      'How small the error of a pixel is. 3 dB more means half the squared error. Blur costs little here: a model ' +
      'can have a good PSNR and still look soft.',
  },
  ssim: {
    label: 'SSIM',
    unit: '',
    digits: 3,
    perfect: '1',
    meaning: 'How alike the structure in small windows is, whatever its brightness.',
  },
  perceptualDistance: {
    label: 'Perceptual distance',
    unit: '',
    digits: 3,
    perfect: '0',
    meaning:
      'How different the two pictures look to a network trained on photographs: it minds a lost texture, which PSNR ' +
      'hardly does, and forgives a shift that nobody sees.',
  },
  frechetDistance: {
    label: 'Fréchet distance',
    unit: '',
    digits: 2,
    perfect: '0',
    meaning:
      'How far the reconstructions as a set look from the originals as a set: the Fréchet distance of the built-in ' +
      'network’s features, which is no FID and compares with no published one. Fewer images make it larger.',
  },
  gradientEnergyRatio: {
    label: 'Sharpness',
    unit: '',
    digits: 3,
    perfect: '1',
    meaning:
      'Gradient energy of the reconstruction divided by the original’s: 1 is as sharp, below 1 is blurred, above 1 ' +
      'holds texture or noise that the original lacks.',
  },
  blurSigmaPx: {
    label: 'Blur',
    unit: 'px',
    digits: 2,
    perfect: '0',
    meaning:
      'As blurry as the original after a Gaussian blur of this sigma. Noise hides blur: read it beside the invented ' +
      'detail.',
  },
  fineKept: {
    label: 'Fine detail kept',
    unit: '%',
    digits: 0,
    perfect: '100 %',
    meaning: 'Of the energy of detail 2 to 4 px in size, the part that follows the original.',
  },
  fineInvented: {
    label: 'Invented',
    unit: '%',
    digits: 0,
    perfect: '0 %',
    meaning:
      'Energy of detail 2 to 4 px in size that is unrelated to the original, in percent of the original’s energy: ' +
      'made-up texture, ringing and noise.',
  },
  fineCoherence: {
    label: 'Coherence',
    unit: '',
    digits: 2,
    perfect: '1',
    meaning: 'The share of the reconstruction’s own fine detail that follows the original: how far it can be trusted.',
  },
  fineErrorRatio: {
    label: 'Fine error',
    unit: '',
    digits: 2,
    perfect: '0',
    meaning: 'Error in detail 2 to 4 px in size: 0 is none, 1 is as wrong as leaving that detail out.',
  },
} as const satisfies Partial<Record<MeasureName | FeatureMeasureName, MeasureGuide>>;

export type ShownMeasure = keyof typeof measureGuides;
/** Those that every comparison has. */
export type PixelMeasure = Exclude<ShownMeasure, FeatureMeasureName>;
export const shownMeasures = Object.keys(measureGuides) as ShownMeasure[];

/** The value in the measure's digits, without its unit; an en dash where there is none. */
export function formatMeasure(measure: ShownMeasure, value: number): string {
  const { unit, digits } = measureGuides[measure];
  if (!Number.isFinite(value)) return '–';
  const text = (unit === '%' ? 100 * value : value).toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** The value with its unit, as it stands in a sentence: a line may not break between the two. */
export function formatWithUnit(measure: ShownMeasure, value: number): string {
  const { unit } = measureGuides[measure];
  return `${formatMeasure(measure, value)}${unit && `\u00a0${unit}`}`;
}
