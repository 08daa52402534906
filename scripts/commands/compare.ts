/** `latent-vae compare` */
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  boundOptionsSchema,
  featureOptionsSchema,
  inferenceOptionsSchema,
  latentSpaceOptionsSchema,
  networkNameOf,
} from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { counted } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { assertLadderOptions, compareLadder } from '../cli/measuring/compare-ladder.js';
import { explorationSection, exploreOption } from '../cli/measuring/exploration-section.js';
import { note, noteSkipped, print } from '../cli/output.js';
import { imagesMeaning, openCommandImages } from '../cli/pictures/images.js';
import { trainedOnOption, unseenImages } from '../cli/pictures/unseen-images.js';

const options = z.strictObject({
  models: z.string().optional().describe('run folders, or other models, to compare, separated by commas'),
  ladder: z
    .union([z.boolean(), z.string()])
    .optional()
    .meta({ optionalValue: true })
    .describe('train and compare a family of models that differ in one thing each, as this JSON file says'),
  pictures: z.string().optional().describe('with --ladder: folder of the pictures that the page shows'),
  out: z.string().describe('folder for the page index.html and its figures, report.json and report.csv'),
  images: z.number().int().positive().default(256).describe('how many of the images are used, evenly chosen'),
  seed: z.number().int().min(0).default(0).describe('of intervals, projections and draws'),
  ...featureOptionsSchema.shape,
  ...latentSpaceOptionsSchema.shape,
  ...boundOptionsSchema.shape,
  diffusion: z
    .boolean()
    .default(false)
    .describe('also train the same small diffusion model on the latents of each model, and judge what it generates'),
  diffusionSteps: z
    .number()
    .int()
    .positive()
    .default(2000)
    .meta({ unit: 'steps' })
    .describe('with --diffusion: how long each one is trained'),
  count: z.number().int().positive().default(1000).describe('with --diffusion: samples to draw of each'),
  ...inferenceOptionsSchema.shape,
  trainedOn: trainedOnOption,
  explore: exploreOption,
});

export const command = defineCommand({
  name: 'compare',
  description:
    'Show how blurry models are, and why: pictures side by side with the figures, in one self-contained page.',
  arguments: { '<images>': `${imagesMeaning}; best ones that no model was trained on` },
  options,
  examples: [
    'latent-vae compare photos/ --models runs/a,runs/b --out report/',
    'latent-vae compare photos/ --models runs/a,runs/b --out report/ --latent-space --bound',
    'latent-vae compare photos/ --models runs/a,runs/b --out report/ --diffusion',
    'latent-vae compare photos/ --ladder --out blurriness/',
  ],
  async run([directory = ''], { models: paths, ladder, pictures, out, images, explore, ...options }, invocation) {
    const { json, typed } = invocation;
    if (ladder) {
      assertLadderOptions(typed);
      const { engine, device, threads } = options;
      return compareLadder(directory, { ladder, out, pictures, engine: { engine, device, threads } }, invocation);
    }
    const { compareFiles } = await import('../../src/evaluation/compare-files.js');
    const { formatTable } = await import('../../src/report/table.js');
    const { writeReport } = await import('../../src/report/report.js');
    const { openFeatureNetworks } = await import('../../src/evaluation/measures/features/feature-distances.js');
    const { selectEngine } = await import('../../src/engine/select.js');
    const { stepsTaken } = await import('../../src/training/run/steps-taken.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');
    const { evenlySpaced } = await import('../../src/data/evenly-spaced.js');

    const found = await openCommandImages(directory, options);
    await selectEngine(options);
    const opened = await Promise.all(modelPaths(paths).map(openModel));
    const named = opened.map(({ path, run }) => ({ name: basename(resolve(path)), run }));
    const judged = await unseenImages(found.files, named, options.trainedOn);
    const files = evenlySpaced(judged.files, images);
    const models = await Promise.all(
      opened.map(async ({ model, path, run }) => {
        const steps = run && (await stepsTaken(path));
        return {
          name: basename(resolve(path)),
          path,
          preset: run ? networkNameOf(run) : 'imported',
          ...(run && { objective: run.objective }),
          ...(steps && { trained: { steps, images: steps * run.options.batch } }),
          model,
        };
      }),
    );
    const size = options.size ?? models[0]?.model.config.imageSize ?? 64;
    const source = `${counted(files.length, 'image')} of ${basename(resolve(directory))}`;
    const networks = options.features ? { networks: await openFeatureNetworks(options.perceptual, size) } : {};
    const { warning } = judged;
    const how = { ...options, size, source, ...networks, ...(warning !== undefined && { warning }) };
    const { comparison, skipped } = await compareFiles(files, models, how);
    const { reportSections } = await import('../cli/measuring/report-sections.js');
    const context = { ...options, size, directory, out, signal: invocation.signal };
    const sections = [...(await reportSections(models, files, context))];
    if (explore) {
      sections.push(await explorationSection(out, modelPaths(paths)));
    }
    await writeReport(out, comparison, sections);
    noteSkipped(skipped);
    const page = join(out, 'index.html');
    if (!json) print(formatTable(comparison));
    note(`Page: ${page}`);
    return { page, skipped, ...comparison.data };
  },
});

function modelPaths(list = ''): string[] {
  const paths = list.split(',').filter((path) => path !== '');
  if (paths.length === 0)
    throw new UserError('Got no run folder in --models, wanted at least one: --models runs/a,runs/b, or --ladder.');
  return paths;
}
