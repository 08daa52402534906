/** `latent-vae latents info | verify | convert | merge` */
import { Command } from 'commander';
import { z } from 'zod';
import { convertOptionsSchema } from '../../src/config/config.js';
import { formatSeconds } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { print } from '../cli/output.js';

const folder = { '<latents>': 'folder of latents that encode made' };

const info = defineCommand({
  name: 'latents info',
  description: 'Tell what a folder of latents holds: counts, encoder, scale, statistics and a histogram per channel.',
  arguments: folder,
  options: z.strictObject({}),
  examples: ['latent-vae latents info latents/'],
  async run([path = ''], _, { json }) {
    const { describeLatents, descriptionText } = await import('../../src/latents/reading/describe.js');
    const description = await describeLatents(path);
    if (!json) print(descriptionText(description));
    return description;
  },
});

const verify = defineCommand({
  name: 'latents verify',
  description:
    'Check every hash, size, shape, label, path and value of a folder of latents, and name what is wrong. The exit code is 0 ' +
    'for a sound folder and 1 for another.',
  arguments: folder,
  options: z.strictObject({}),
  examples: ['latent-vae latents verify latents/'],
  async run([path = ''], _, { json }) {
    const { verifyLatents } = await import('../../src/latents/reading/verify.js');
    const problems = await verifyLatents(path);
    if (problems.length > 0) process.exitCode = 1;
    if (!json) print(problems.length === 0 ? `${path}: nothing is wrong.` : problems.join('\n'));
    return { path, sound: problems.length === 0, problems };
  },
});

const convert = defineCommand({
  name: 'latents convert',
  description:
    'Copy latents, as float32, to WebDataset tar files, to one .npy per image (as DiT reads them), or to a single .npz.',
  arguments: folder,
  options: z.strictObject({
    out: z.string().describe('new or empty folder; for npz a file'),
    ...convertOptionsSchema.shape,
  }),
  examples: [
    'latent-vae latents convert latents/ --out tars/',
    'latent-vae latents convert latents/ --format npz --values sample --scaled --out latents.npz',
  ],
  async run([path = ''], options, { json }) {
    const { convertLatents } = await import('../../src/latents/convert/convert.js');
    const summary = await convertLatents(path, options);
    if (!json) print(`${options.out}: ${summary.images} images in ${formatSeconds(summary.seconds)}`);
    return { out: options.out, ...summary };
  },
});

const merge = defineCommand({
  name: 'latents merge',
  description:
    'Make one store of the parts that encode --part wrote below a folder. Nothing is copied: its manifest names the shards ' +
    'where they are. Parts can grow, and be merged again.',
  arguments: { '<latents>': 'the --out of the parts' },
  options: z.strictObject({}),
  examples: ['latent-vae latents merge latents/'],
  async run([path = ''], _, { json }) {
    const { mergeParts } = await import('../../src/latents/parts/merge.js');
    const summary = await mergeParts(path);
    const { parts, images, skipped, shards, seconds } = summary;
    const left = skipped > 0 ? `, ${skipped} skipped` : '';
    if (!json)
      print(`${path}: ${images} images${left} in ${shards} shards of ${parts} parts, in ${formatSeconds(seconds)}`);
    return { path, ...summary };
  },
});

export const command = new Command('latents')
  .description('Look into a folder of latents, check it, copy it to other formats, or make one of parts.')
  .exitOverride()
  .showSuggestionAfterError();
for (const verb of [info, verify, convert, merge]) command.addCommand(verb.copyInheritedSettings(command));
