/** The parts of the comparison's page that are made when asked for. */
import { join } from 'node:path';
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import { type EngineOptions, imageChannelsOf, posteriorKindOf } from '../../../src/config/config.js';
import type { ImageFile } from '../../../src/data/images.js';
import { UserError } from '../../../src/errors.js';
import type { ReportSection } from '../../../src/report/page/sections/section.js';
import { note } from '../output.js';
import { type BoundCommandOptions, measureBound } from './measure-bound.js';

export interface SectionOptions extends BoundCommandOptions, EngineOptions {
  /** Of all images, for what is trained on them. */
  readonly directory: string;
  /** Of the report. */
  readonly out: string;
  readonly diffusion: boolean;
  readonly diffusionSteps: number;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly latentSpace: boolean;
  readonly latentImages: number;
  readonly bound: boolean;
}

interface NamedModel {
  readonly name: string;
  readonly path: string;
  readonly model: Autoencoder;
}

export async function reportSections(
  models: readonly NamedModel[],
  files: readonly ImageFile[],
  options: SectionOptions,
): Promise<ReportSection[]> {
  const sections: ReportSection[] = [];
  if (options.latentSpace) sections.push(await latentSpace(models, files, options));
  if (options.bound) sections.push(await bounds(models, files, options));
  if (options.diffusion) sections.push(await generation(models, options));
  return sections;
}

async function generation(models: readonly NamedModel[], options: SectionOptions): Promise<ReportSection> {
  const { compareGeneration } = await import('../../../src/diffusion/comparison/compare-generation.js');
  const { generationSection, generationVerdict } = await import(
    '../../../src/report/page/sections/generation-section.js'
  );
  const out = join(options.out, 'diffusion');
  const told = { ...options, out, steps: options.diffusionSteps, onStage: note };
  const results = await compareGeneration(options.directory, models, told);
  note(generationVerdict(results));
  return generationSection(
    results,
    models.map(({ name }) => name),
  );
}

async function latentSpace(models: readonly NamedModel[], files: readonly ImageFile[], options: SectionOptions) {
  const { analyzeLatentSpaces } = await import('../../../src/evaluation/latent-space/latent-space.js');
  const { readImages } = await import('../../../src/evaluation/read-images.js');
  const { latentSpaceSection } = await import('../../../src/report/page/sections/latent-space-section.js');
  const { evenlySpaced } = await import('../../../src/data/evenly-spaced.js');
  const other = models.find(({ model }) => imageChannelsOf(model.config) !== 3);
  if (other !== undefined) {
    throw new UserError(`${other.name} takes no RGB images, and --latent-space shows RGB alone: leave it out.`);
  }
  const read = await readImages(evenlySpaced(files, options.latentImages), options);
  const spaces = await analyzeLatentSpaces(models, read, options);
  const names = models.map(({ name }) => name);
  const images = read.files.map(({ relativePath }) => relativePath);
  return latentSpaceSection(spaces, names, images);
}

/** A posterior without a variance bounds nothing. */
async function bounds(models: readonly NamedModel[], files: readonly ImageFile[], options: SectionOptions) {
  const { boundSection } = await import('../../../src/report/page/sections/bound-section.js');
  const measured = [];
  for (const { name, model } of models) {
    const isGaussian = posteriorKindOf(model.config) === 'gaussian';
    measured.push({ name, bound: isGaussian ? await measureBound(model, files, options) : null });
  }
  return boundSection(
    measured,
    models.map(({ name }) => name),
  );
}
