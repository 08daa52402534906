/** The comparison of trained models on the files of a folder. */

import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { latentShape } from '../autoencoder/autoencoder.js';
import { imageChannelsOf, type ObjectiveConfig } from '../config/config.js';
import type { ImageFile } from '../data/images.js';
import type { SkippedImage } from '../data/skipped.js';
import { UserError } from '../errors.js';
import { countParameters } from '../nn/parameters.js';
import {
  type Comparison,
  compareModels,
  type FeatureFigures,
  type ModelFacts,
  type ReconstructingModel,
} from './compare.js';
import { type EvaluationOptions, type ReconstructedImage, reconstructFiles } from './evaluate.js';
import { defaultConfidence } from './measures/bootstrap.js';
import { type FeatureNetworks, frechetOf, measureFeatures } from './measures/features/feature-distances.js';
import type { PixelImage } from './measures/pixel-image.js';

/** A model with what the page says about it. */
export interface ComparedModel {
  readonly name: string;
  readonly preset: string;
  /** Absent where nobody here trained it. */
  readonly objective?: ObjectiveConfig;
  /** How many steps it was trained for, and how many images those saw. */
  readonly trained?: ModelFacts['trained'];
  readonly model: Autoencoder;
}

/** How models are compared on files. */
export interface CompareFilesOptions extends EvaluationOptions {
  /** Where the files come from, in words. */
  readonly source: string;
  /** What makes the figures unfair, in a sentence. */
  readonly warning?: string;
  /** Of the bootstrap. */
  readonly seed: number;
}

/**
 * Puts the same files through every model and measures all against the originals.
 *
 * @throws UserError where no file can be read or a model cannot take pictures of `size`
 */
export async function compareFiles(
  files: readonly ImageFile[],
  models: readonly ComparedModel[],
  options: CompareFilesOptions,
): Promise<{ comparison: Comparison; skipped: readonly SkippedImage[] }> {
  const { networks } = options;
  assertSameChannels(models);
  const passes = [];
  for (const compared of models) {
    const skipped: SkippedImage[] = [];
    const images: ReconstructedImage[] = [];
    for await (const image of reconstructFiles(compared.model, files, options, skipped)) images.push(image);
    passes.push({ compared, images, skipped });
  }
  const [first] = passes;
  const names = first?.images.map(({ file }) => file.relativePath) ?? [];
  const originals = first?.images.map(({ original }) => original) ?? [];
  const measured: ReconstructingModel[] = [];
  for (const { compared, images } of passes) {
    const isSame = images.every(({ file }, index) => file.relativePath === names[index]);
    if (!isSame) throw new UserError('A file changed while it was compared: run the comparison again.');
    const reconstructions = images.map(({ reconstruction }) => reconstruction);
    const facts = modelFacts(compared, options.size);
    measured.push({
      ...facts,
      reconstructions,
      ...(networks && { features: await featureFigures(networks, originals, reconstructions, options) }),
    });
  }
  const protocol = {
    source: options.source,
    crop: `largest centre square, resized to ${options.size}×${options.size} px`,
    resizeFilter: 'Lanczos with 3 lobes',
    clamp: 'to [-1, 1]',
    rounding: 'to 8 bits, halves away from zero',
    latent: 'mode' as const,
    ...(networks?.perceptual && { perceptual: networks.perceptual.kind }),
    ...(networks?.absence && { absence: networks.absence }),
    ...(options.warning !== undefined && { warning: options.warning }),
    seed: options.seed,
  };
  const comparison = compareModels({ originals, names, models: measured, protocol });
  return { comparison, skipped: first?.skipped ?? [] };
}

/** Grey originals beside coloured ones would compare nothing. */
function assertSameChannels(models: readonly ComparedModel[]): void {
  const [first, ...others] = models.map(({ name, model }) => ({ name, channels: imageChannelsOf(model.config) }));
  const other = others.find(({ channels }) => channels !== first?.channels);
  if (first === undefined || other === undefined) return;
  throw new UserError(
    `${first.name} takes images of ${first.channels} channels and ${other.name} of ${other.channels}, wanted one number for ` +
      'all: compare them apart.',
  );
}

async function featureFigures(
  networks: FeatureNetworks,
  originals: readonly PixelImage[],
  reconstructions: readonly PixelImage[],
  { batch, seed }: CompareFilesOptions,
): Promise<FeatureFigures> {
  const measured = await measureFeatures(networks, originals, reconstructions, batch);
  const frechetDistance = frechetOf(measured, { confidence: defaultConfidence, seed });
  const { perceptualDistance } = measured;
  return { ...(perceptualDistance && { perceptualDistance }), ...(frechetDistance && { frechetDistance }) };
}

function modelFacts({ name, preset, objective, trained, model }: ComparedModel, size: number): ModelFacts {
  const shape = latentShape(model.config, [size, size]);
  const latentFloats = shape.reduce((product, side) => product * side, 1);
  return {
    name,
    preset,
    latentShape: shape,
    latentFloats,
    compressionRatio: (size * size * model.config.inChannels) / latentFloats,
    klWeight: objective?.klWeight ?? null,
    objective: objective ? objectiveInWords(objective) : 'unknown',
    parameters: countParameters(model.parameters),
    ...(trained && { trained }),
  };
}

function objectiveInWords({ reconstruction, reduction, perceptual, adversarial }: ObjectiveConfig): string {
  const error = { mse: 'squared error', l1: 'absolute error' }[reconstruction];
  const terms = [reduction === 'mean' ? `mean ${error}` : error];
  if (perceptual) terms.push(`perceptual (${perceptual.kind})`);
  if (adversarial) terms.push('adversarial');
  return terms.join(' + ');
}
