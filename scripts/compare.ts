/** `latent-vae compare` */
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { inferenceOptionsSchema } from '../src/config.js';
import { UserError } from '../src/errors.js';
import { defineCommand } from './cli/command.js';
import { note, noteSkipped, print } from './cli/output.js';

const options = z.strictObject({
  models: z.string().describe('run folders, or other models, to compare, separated by commas'),
  out: z.string().describe('folder for the page index.html and its figures, report.json and report.csv'),
  images: z.number().int().positive().default(256).describe('how many of the images are used, evenly chosen'),
  seed: z.number().int().min(0).default(0).describe('of the intervals'),
  ...inferenceOptionsSchema.shape,
});

export const command = defineCommand({
  name: 'compare',
  description:
    'Show how blurry models are, and why: pictures side by side with the figures, in one self-contained page.',
  arguments: { '<dir>': 'folder of images, best ones that no model was trained on' },
  options,
  examples: ['latent-vae compare photos/ --models runs/a,runs/b --out report/'],
  async run([directory = ''], { models: paths, out, images, ...options }, { json }) {
    const { compareFiles } = await import('../src/evaluation/compare-files.js');
    const { formatTable } = await import('../src/evaluation/report/table.js');
    const { writeReport } = await import('../src/evaluation/report/report.js');
    const { findImages } = await import('../src/data/images.js');
    const { selectEngine } = await import('../src/engine/select.js');
    const { openModel } = await import('../src/training/trained-model.js');
    const { spread } = await import('../src/training/validation.js');

    const files = spread(await findImages(directory, options), images);
    await selectEngine(options);
    const opened = await Promise.all(modelPaths(paths).map(openModel));
    const models = opened.map(({ model, path, run }) => ({
      name: basename(resolve(path)),
      preset: run?.options.preset ?? 'imported',
      ...(run && { objective: run.objective }),
      model,
    }));
    const size = options.size ?? models[0]?.model.config.imageSize ?? 64;
    const source = `${files.length} images of ${basename(resolve(directory))}`;
    const { comparison, skipped } = await compareFiles(files, models, { ...options, size, source });
    await writeReport(out, comparison);
    noteSkipped(skipped);
    const page = join(out, 'index.html');
    if (!json) print(formatTable(comparison));
    note(`Page: ${page}`);
    return { page, skipped, ...comparison.data };
  },
});

function modelPaths(list: string): string[] {
  const paths = list.split(',').filter((path) => path !== '');
  if (paths.length === 0)
    throw new UserError('Got no run folder in --models, wanted at least one: --models runs/a,runs/b.');
  return paths;
}
