/** Measures the trained rows of a ladder on the same images, and gathers what its page shows. */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, type EngineOptions, networkNameOf, presets } from '../../config/config.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import { findImages, type ImageFile, labelsOf } from '../../data/images.js';
import type { SkippedImage } from '../../data/skipped.js';
import { splitValidation } from '../../data/split.js';
import { selectEngine } from '../../engine/select.js';
import { type ComparedModel, compareFiles } from '../../evaluation/compare-files.js';
import { bootstrapOf, causeEffects, linkEffects } from '../../evaluation/differences/causes.js';
import { mergeSeeds } from '../../evaluation/differences/merge-seeds.js';
import { openFeatureNetworks } from '../../evaluation/measures/features/feature-distances.js';
import { type Ladder, type LadderRow, trainingOptions } from '../../ladder/ladder-config.js';
import { differingSettings, settingsOf } from '../../ladder/settings.js';
import { ladderRuns, readFinished } from '../../ladder/train-ladder.js';
import { openModel, type TrainedModel } from '../../training/run/trained-model.js';
import { ladderSections } from './ladder-sections.js';
import type { LadderReport, LadderRowFacts } from './report-data.js';

export interface MeasureOptions extends EngineOptions {
  /** Folder whose pictures the page shows, instead of the images that were measured. */
  readonly pictures?: string | undefined;
  /** What the pictures are, in words. */
  readonly picturesSource?: string | undefined;
}

interface OpenedRow {
  readonly row: LadderRow;
  /** One for each seed. */
  readonly models: readonly TrainedModel[];
}

/** @throws UserError where a row is not trained, or no image is left */
export async function measureLadder(
  directory: string,
  ladder: Ladder,
  folder: string,
  options: MeasureOptions,
  onStage: (sentence: string) => void = () => {},
): Promise<{ report: LadderReport; skipped: readonly SkippedImage[] }> {
  await selectEngine(options);
  const training = trainingOptions(ladder, ladder.rows[0]!, 0);
  const { size, batch, maxPixels } = training;
  const validation = splitValidation(await findImages(directory, training), training.validation).validation;
  const files = evenlySpaced(validation, ladder.images);
  const rows = await Promise.all(
    ladder.rows.map(async (row): Promise<OpenedRow> => {
      const runs = ladderRuns({ ...ladder, rows: [row] }, folder);
      return { row, models: await Promise.all(runs.map(({ path }) => openModel(path))) };
    }),
  );
  const networks = await openFeatureNetworks('builtin', size);
  const source = `${files.length} validation images, evenly chosen`;
  const measuring = { size, batch, maxPixels, seed: 0, networks };
  onStage(`Measuring every model on ${source}.`);
  const { comparison, skipped } = await compareFiles(files, rows.flatMap(allSeeds), { ...measuring, source });
  const results = rows.map(({ row, models }) => {
    const names = models.map((_, seed) => runName(row, seed));
    return { id: row.id, name: row.name, runs: comparison.data.models.filter(({ name }) => names.includes(name)) };
  });
  const data = mergeSeeds(comparison.data, results);
  const links = linkEffects(results, linksOf(rows), bootstrapOf(data));
  const shown = options.pictures ? await picturesOf(options.pictures, ladder) : evenlySpaced(files, ladder.pictures);
  const grid = await compareFiles(shown, firstSeeds(rows, shown), {
    ...measuring,
    source: options.picturesSource ?? (options.pictures ? `those of ${options.pictures}` : 'from the measured images'),
  });
  const opened = rows.flatMap(({ row: { id, name }, models: [first] }) =>
    first ? [{ id, name, model: first.model }] : [],
  );
  onStage('Looking into latent spaces and bounds.');
  const images = { measured: files, shown: options.pictures ? shown : files, size, batch, maxPixels };
  const sections = await ladderSections(opened, ladder, images);
  tf.disposeVariables();
  const report: LadderReport = {
    title: ladder.title,
    budget: `${training.steps ?? 1000} steps of ${batch} images for every row but a linear one`,
    rows: await Promise.all(rows.map((row) => factsOf(ladder, row, folder))),
    names: new Map(ladder.rows.map(({ id, name }) => [id, name])),
    runs: comparison.data,
    data,
    pictures: grid.comparison,
    links,
    causes: causeEffects(ladder.causes, links),
    sections,
  };
  return { report, skipped };
}

const runName = ({ id }: LadderRow, seed: number) => `${id}-${seed}`;

const compared = (name: string, { model, run }: TrainedModel): ComparedModel => ({
  name,
  preset: run ? networkNameOf(run) : 'imported',
  ...(run && { objective: run.objective }),
  model,
});

const allSeeds = ({ row, models }: OpenedRow) => models.map((model, seed) => compared(runName(row, seed), model));

/** Seed 0 of the rows that take these pictures: a conditional model knows its own classes alone. */
function firstSeeds(rows: readonly OpenedRow[], files: readonly ImageFile[]): ComparedModel[] {
  const labels = labelsOf(files);
  return rows.flatMap(({ row, models: [first] }) => {
    const classes = first && classesOf(first.model.config);
    const isKnown = classes === undefined || labels.every((label) => classes.includes(label));
    return first && isKnown ? [compared(row.name, first)] : [];
  });
}

async function picturesOf(folder: string, { pictures }: Ladder): Promise<ImageFile[]> {
  return evenlySpaced(await findImages(resolve(folder)), pictures);
}

function linksOf(rows: readonly OpenedRow[]) {
  const configOf = (id: string) => rows.find(({ row }) => row.id === id)?.models[0]?.run;
  return rows.flatMap(({ row: { id, against } }) =>
    against.map(({ row: parent, cause, change }) => ({
      parent,
      child: id,
      change,
      cause,
      settings: differingSettings(configOf(parent), configOf(id)),
    })),
  );
}

async function factsOf(ladder: Ladder, { row, models }: OpenedRow, folder: string): Promise<LadderRowFacts> {
  const runs = ladderRuns({ ...ladder, rows: [row] }, folder);
  const trainings = await Promise.all(runs.map(readFinished));
  const [first] = trainings;
  const preset = trainingOptions(ladder, row, 0).preset;
  return {
    id: row.id,
    name: row.name,
    summary: row.summary || presets[preset].summary,
    preset,
    settings: settingsOf(row.training),
    seeds: models.length,
    steps: first?.steps ?? 0,
    images: first?.images ?? 0,
    minutes: trainings.reduce((sum, { seconds }) => sum + seconds, 0) / trainings.length / 60,
  };
}
