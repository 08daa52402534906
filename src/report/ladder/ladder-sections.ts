/** The parts of the ladder's page that look into some of its models: their latent spaces and their bounds. */
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { classesOf, posteriorKindOf } from '../../config/config.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import { type ImageFile, labelsOf } from '../../data/images.js';
import { estimateBoundOfImages } from '../../evaluation/bound/bound-files.js';
import { analyzeLatentSpaces, type LatentSpaces } from '../../evaluation/latent-space/latent-space.js';
import { readImages } from '../../evaluation/read-images.js';
import { boundSection } from '../page/sections/bound-section.js';
import { latentSpaceSection } from '../page/sections/latent-space-section.js';
import type { ReportSection } from '../page/sections/section.js';

export interface NamedModel {
  readonly id: string;
  readonly name: string;
  readonly model: Autoencoder;
}

export interface SectionImages {
  /** What projections and bounds are of. */
  readonly measured: readonly ImageFile[];
  /** What walks and draws show. */
  readonly shown: readonly ImageFile[];
  readonly size: number;
  readonly batch: number;
  readonly maxPixels: number;
}

/** Points in a projection: enough for clusters, few enough for t-SNE. */
const projectedImages = 300;
const boundImages = 8;
const seed = 0;

/** @param rows the ids of the rows that are looked into */
export async function ladderSections(
  models: readonly NamedModel[],
  rows: { readonly latentSpace: readonly string[]; readonly bound: readonly string[] },
  images: SectionImages,
): Promise<ReportSection[]> {
  const names = models.map(({ name }) => name);
  const chosen = (ids: readonly string[]) => models.filter(({ id }) => ids.includes(id));
  const sections: ReportSection[] = [];
  if (rows.latentSpace.length > 0) sections.push(await latentSpaces(chosen(rows.latentSpace), names, images));
  if (rows.bound.length > 0) sections.push(await bounds(chosen(rows.bound), names, images));
  return sections;
}

async function latentSpaces(models: readonly NamedModel[], names: readonly string[], images: SectionImages) {
  const { measured, shown, batch } = images;
  const projected = await readImages(evenlySpaced(measured, projectedImages), images);
  const spaces = await analyzeLatentSpaces(models, projected, { batch, seed });
  const spacesOfShown = shown === measured ? spaces : await withPicturesOf(spaces, models, images);
  const paths = projected.files.map(({ relativePath }) => relativePath);
  return latentSpaceSection(spacesOfShown, names, paths);
}

/** Projections as they are, but walks and draws of other pictures; a model that does not know their classes shows none. */
async function withPicturesOf(
  spaces: LatentSpaces,
  models: readonly NamedModel[],
  images: SectionImages,
): Promise<LatentSpaces> {
  const labels = labelsOf(images.shown);
  const knowing = models.filter(({ model }) => {
    const classes = classesOf(model.config);
    return classes === undefined || labels.every((label) => classes.includes(label));
  });
  const shown = await readImages(images.shown, images);
  const { walkEnds, models: looked } = await analyzeLatentSpaces(knowing, shown, { batch: images.batch, seed });
  const combined = spaces.models.map((space) => {
    const { walks = [], draws = [] } = looked.find(({ name }) => name === space.name) ?? {};
    return { ...space, walks, draws };
  });
  return { ...spaces, walkEnds, models: combined };
}

async function bounds(models: readonly NamedModel[], names: readonly string[], images: SectionImages) {
  const read = await readImages(evenlySpaced(images.measured, boundImages), images);
  const measured = [];
  for (const { name, model } of models) {
    const settings = { importanceSamples: [1, 10, 100, 1000], sigma: 0.5, seed, batch: 64 };
    const isGaussian = posteriorKindOf(model.config) === 'gaussian';
    measured.push({ name, bound: isGaussian ? await estimateBoundOfImages(model, read, settings) : null });
  }
  return boundSection(measured, names);
}
