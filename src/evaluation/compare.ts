import type { PerceptualKind } from '../config/config.js';
import { UserError } from '../errors.js';
import { bootstrapInterval, defaultConfidence, type Interval } from './measures/bootstrap.js';
import {
  type FeatureMeasureName,
  type MeasureName,
  type Measures,
  measureOriginal,
  measureReconstruction,
} from './measures/measures.js';
import { assertComparable, type PixelImage } from './measures/pixel-image.js';

/** What a reader should know of a model besides its figures. */
export interface ModelFacts {
  readonly name: string;
  readonly preset: string;
  readonly latentShape: readonly number[];
  readonly latentFloats: number;
  /** Values of a picture per float of its latent. */
  readonly compressionRatio: number;
  /** Null where nobody knows. */
  readonly klWeight: number | null;
  /** Its loss in words, for example `squared error`. */
  readonly objective: string;
  readonly parameters: number;
  /** Absent where nobody here trained it in steps. */
  readonly trained?: { readonly steps: number; readonly images: number } | undefined;
}

export interface ReconstructingModel extends ModelFacts {
  /** One for each original, in the same order. */
  readonly reconstructions: readonly PixelImage[];
  readonly features?: FeatureFigures;
}

/** Figures that want a network: see `measureFeatures`. */
export interface FeatureFigures {
  /** One for each original. */
  readonly perceptualDistance?: readonly number[];
  readonly frechetDistance?: Interval;
}

/** How the pictures came about; figures made under another protocol cannot be set beside these. */
export interface ComparisonProtocol {
  /** Where the originals come from, in words. */
  readonly source: string;
  readonly crop: string;
  readonly resizeFilter: string;
  readonly clamp: string;
  readonly rounding: string;
  /** Whether latents are the posterior's mode or a sample of it. */
  readonly latent: 'mode' | 'sample';
  /** Which network the perceptual distance is of. */
  readonly perceptual?: PerceptualKind;
  /** What is left out and why, in a sentence. */
  readonly absence?: string;
  /** What makes the figures unfair, in a sentence. */
  readonly warning?: string;
  readonly seed: number;
}

export interface ComparisonInput {
  readonly originals: readonly PixelImage[];
  /** Of the originals, for example file paths. */
  readonly names: readonly string[];
  readonly models: readonly ReconstructingModel[];
  readonly protocol: ComparisonProtocol;
  /** Of the bootstrap intervals. */
  readonly confidence?: number;
  readonly resamples?: number;
  /** How many pictures are kept for the page, evenly chosen. */
  readonly pictures?: number;
}

/** A picture with what every model makes of it. */
export interface ComparedPicture {
  /** Its place in the list of images. */
  readonly index: number;
  readonly name: string;
  readonly original: PixelImage;
  /** One per model, in the models' order. */
  readonly reconstructions: readonly PixelImage[];
}

/** What was measured of one model. */
export interface ModelResult extends ModelFacts {
  readonly summary: Readonly<Record<MeasureName, Interval> & Partial<Record<FeatureMeasureName, Interval>>>;
  /** One value per image; NaN (null in JSON) where the original holds no detail to compare with. */
  readonly perImage: Readonly<Record<MeasureName, readonly number[]>> & Pick<FeatureFigures, 'perceptualDistance'>;
  /** Mean over images of the power on each of the comparison's frequencies. */
  readonly power: readonly number[];
}

/** All figures of a comparison: the content of report.json. */
export interface ComparisonData {
  readonly schemaVersion: 1;
  readonly protocol: ComparisonProtocol & {
    readonly images: number;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly confidence: number;
    readonly resamples: number;
  };
  readonly images: readonly string[];
  /** Radial frequencies of the power spectra, and the originals' mean power there in squared grey levels. */
  readonly cyclesPerPx: readonly number[];
  readonly originalPower: readonly number[];
  readonly models: readonly ModelResult[];
}

/** Models beside each other: figures, and some of the pictures. */
export interface Comparison {
  readonly data: ComparisonData;
  readonly pictures: readonly ComparedPicture[];
}

/**
 * Measures every model's reconstructions against the same originals.
 *
 * @throws UserError where there is nothing to compare, the lists differ in length or the pictures in size.
 */
export function compareModels(input: ComparisonInput): Comparison {
  const { originals, names, models, protocol, confidence = defaultConfidence, resamples = 1000, pictures = 12 } = input;
  assertComplete(input);
  const measured = measureModels(originals, models);
  const { width, height } = originals[0]!;
  const bootstrap = { confidence, resamples, seed: protocol.seed };
  const data: ComparisonData = {
    schemaVersion: 1,
    protocol: { ...protocol, images: originals.length, widthPx: width, heightPx: height, confidence, resamples },
    images: names,
    ...measured.spectrum,
    models: models.map(({ reconstructions: _, features: { frechetDistance, ...perFeature } = {}, ...facts }, index) => {
      const { perImage: perMeasure, power } = measured.models[index]!;
      const perImage = { ...perMeasure, ...perFeature };
      const intervals = Object.entries(perImage).map(([measure, values]) => {
        return [measure, bootstrapInterval(values.filter(Number.isFinite), bootstrap)];
      });
      const summary = { ...Object.fromEntries(intervals), ...(frechetDistance && { frechetDistance }) };
      return { ...facts, summary, perImage, power };
    }),
  };
  return { data, pictures: evenlyChosen(input, pictures) };
}

function assertComplete({ originals, names, models }: ComparisonInput): void {
  const [first] = originals;
  if (first === undefined) throw new UserError('Got no picture to compare: pass a folder with readable pictures.');
  if (models.length === 0) throw new UserError('Got no model to compare: pass at least one.');
  const lists = [{ name: 'The list of names', length: names.length }];
  for (const { name, reconstructions } of models) lists.push({ name, length: reconstructions.length });
  for (const { name, length } of lists) {
    if (length === originals.length) continue;
    throw new UserError(`${name} has ${length} pictures, wanted one for each of the ${originals.length} originals.`);
  }
  const repeated = models.find(({ name }, index) => models.findIndex((model) => model.name === name) !== index);
  if (repeated) throw new UserError(`Got two models named ${repeated.name}: give each its own name.`);
  for (const original of originals) assertComparable(first, original);
}

function measureModels(originals: readonly PixelImage[], models: readonly ReconstructingModel[]) {
  const results = models.map(() => ({ images: [] as Measures[], power: [] as number[] }));
  const originalPower: number[] = [];
  for (const [index, image] of originals.entries()) {
    const original = measureOriginal(image);
    for (const [position, { reconstructions }] of models.entries()) {
      const measured = measureReconstruction(original, reconstructions[index]!);
      const result = results[position]!;
      result.images.push(measured.measures);
      addMean(result.power, measured.reconstructionPower, originals.length);
      if (position === 0) addMean(originalPower, measured.originalPower, originals.length);
    }
  }
  const { width, height } = originals[0]!;
  const cyclesPerPx = originalPower.map((_, ring) => ring / Math.min(width, height));
  const shown = (power: number[]) => power.filter((_, ring) => ring > 0 && cyclesPerPx[ring]! <= 0.5);
  return {
    spectrum: { cyclesPerPx: shown(cyclesPerPx), originalPower: shown(originalPower) },
    models: results.map(({ images, power }) => ({ perImage: columnsOf(images), power: shown(power) })),
  };
}

function addMean(means: number[], values: Float64Array, count: number): void {
  for (const [at, value] of values.entries()) means[at] = (means[at] ?? 0) + value / count;
}

function columnsOf(rows: readonly Measures[]): Record<MeasureName, number[]> {
  const names = Object.keys(rows[0] ?? {}) as MeasureName[];
  const columns = names.map((name) => [name, rows.map((row) => row[name])]);
  return Object.fromEntries(columns);
}

function evenlyChosen({ originals, names, models }: ComparisonInput, most: number): ComparedPicture[] {
  const count = Math.min(most, originals.length);
  return Array.from({ length: count }, (_, position) => {
    const index = Math.floor(((position + 0.5) * originals.length) / count);
    const reconstructions = models.map((model) => model.reconstructions[index]!);
    return { index, name: names[index]!, original: originals[index]!, reconstructions };
  });
}
