/** `latent-vae latents info | verify | convert | merge | import` */
import { Command } from 'commander';
import { z } from 'zod';
import { convertOptionsSchema, encodeOptionsSchema } from '../../src/config/config.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { addBelow } from '../cli/help-look.js';
import { print } from '../cli/output.js';

const folder = { '<latents>': 'folder of latents that encode made, or s3://bucket/prefix' };
const inObjectStores = ['<latents>'];

const info = defineCommand({
  name: 'latents info',
  description:
    'Tell what a folder of latents holds: counts, encoder, scale, statistics and a histogram per channel, and how well the latents suit a diffusion model.',
  arguments: folder,
  options: z.strictObject({}),
  inObjectStores,
  examples: ['latent-vae latents info latents/'],
  async run([path = ''], _, { json }) {
    const { describeLatents, descriptionText } = await import('../../src/latents/reading/describe.js');
    const { storeMeasures } = await import('../../src/diffusion/evaluation/store-measures.js');
    const { latentMeasureLines } = await import('../../src/report/diffusability-lines.js');
    const description = await describeLatents(path);
    const diffusability = await storeMeasures(path);
    if (!json) {
      print(descriptionText(description));
      for (const line of diffusability ? latentMeasureLines(diffusability) : []) print(line);
    }
    return { ...description, diffusability };
  },
});

const verify = defineCommand({
  name: 'latents verify',
  description:
    'Check every hash, size, shape, label, path and value of a folder of latents, and name what is wrong. The exit code is 0 ' +
    'for a sound folder and 1 for another.',
  arguments: folder,
  options: z.strictObject({}),
  inObjectStores,
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
  inObjectStores,
  examples: [
    'latent-vae latents convert latents/ --out tars/',
    'latent-vae latents convert latents/ --format npz --values sample --scaled --out latents.npz',
  ],
  async run([path = ''], options, { json }) {
    const { convertLatents } = await import('../../src/latents/convert/convert.js');
    const summary = await convertLatents(path, options);
    if (!json) print(`${options.out}: ${counted(summary.images, 'image')} in ${formatSeconds(summary.seconds)}`);
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
  inObjectStores,
  examples: ['latent-vae latents merge latents/'],
  async run([path = ''], _, { json }) {
    const { mergeParts } = await import('../../src/latents/parts/merge.js');
    const summary = await mergeParts(path);
    const { parts, images, skipped, shards, seconds } = summary;
    const left = skipped > 0 ? `, ${skipped} skipped` : '';
    if (!json)
      print(
        `${path}: ${counted(images, 'image')}${left} in ${counted(shards, 'shard')} of ${counted(parts, 'part')}, in ${formatSeconds(seconds)}`,
      );
    return { path, ...summary };
  },
});

const bringIn = defineCommand({
  name: 'latents import',
  description:
    "Make a store of another trainer's cache: DiT's .npy pairs, LightningDiT's and VA-VAE's .safetensors, MAR's .npz of moments, " +
    "sd-scripts' .npz or OneTrainer's .pt. Scaled latents become raw again; --model tells which model made them.",
  arguments: { '<cache>': 'folder of the cache' },
  options: z.strictObject({
    out: z.string().describe('folder to make, or s3://bucket/prefix'),
    model: z.string().optional().describe('the model that made the latents, so that decode takes the store'),
    scalingFactor: z.number().positive().optional().describe('diffusion sees (latent - shift) * factor (DiT: 0.18215)'),
    shiftFactor: z.number().optional().describe('see --scaling-factor'),
    factor: z.number().int().positive().default(8).meta({ unit: 'px' }).describe('of an image per cell of its latent'),
    dtype: encodeOptionsSchema.shape.dtype,
    shardBytes: encodeOptionsSchema.shape.shardBytes,
  }),
  inObjectStores: ['out'],
  examples: [
    'latent-vae latents import features/ --out latents/',
    'latent-vae latents import mar-cache/ --out latents/ --model kl16.ckpt --factor 16',
  ],
  async run([path = ''], { model, ...options }, { json }) {
    const { importLatents } = await import('../../src/latents/importing/import-latents.js');
    const { fingerprintOfModel } = await import('../../src/interop/models/fingerprint.js');
    const encoder = model === undefined ? undefined : await fingerprintOfModel(model);
    const summary = await importLatents(path, { ...options, encoder });
    const { kind, images, shards } = summary;
    if (!json) print(`${options.out}: ${counted(images, 'latent')} of ${kind} in ${counted(shards, 'shard')}`);
    return { path, out: options.out, ...summary };
  },
});

export const command = new Command('latents')
  .description(
    'Look into a folder of latents, check it, copy it to other formats, or make one of parts or of caches of others.',
  )
  .exitOverride()
  .showSuggestionAfterError();
for (const verb of [info, verify, convert, merge, bringIn]) addBelow(command, verb);
