/** `latent-vae export` */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { engineOptionsSchema } from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { formatBytes } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { print } from '../cli/output.js';

export const command = defineCommand({
  name: 'export',
  description:
    "Write a model for other projects: as a directory of diffusers' AutoencoderKL (a TAESD: AutoencoderTiny), or as ONNX " +
    'files of encoder and decoder, which take any batch and, unless the latent is a vector, any size.',
  arguments: {},
  options: z.strictObject({
    model: z.string().describe('run folder, or another model that info knows'),
    out: z.string().describe('folder to make'),
    format: z.enum(['diffusers', 'onnx']).describe('of the files'),
    dtype: z
      .enum(['float32', 'float16', 'bfloat16'])
      .default('float32')
      .describe('number format of the weights, for diffusers alone'),
    ...engineOptionsSchema.shape,
  }),
  examples: [
    'latent-vae export --model runs/a --out vae/ --format diffusers --dtype float16',
    'latent-vae export --model runs/a --out onnx/ --format onnx',
  ],
  async run(_, { model: path, out, format, dtype, ...engine }, { json }) {
    const { exportDiffusers, exportOnnx } = await import('../../src/interop/models/export-model.js');
    const { selectEngine } = await import('../../src/engine/select.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');
    if (format === 'onnx' && dtype !== 'float32')
      throw new UserError(`Got --dtype ${dtype}; ONNX files hold float32: leave it out.`);
    await selectEngine(engine);
    const { model } = await openModel(path);
    await (format === 'onnx' ? exportOnnx(model, out) : exportDiffusers(model, out, dtype));
    const files = [];
    for (const name of (await readdir(out)).sort()) {
      const file = join(out, name);
      files.push({ path: file, sizeBytes: (await stat(file)).size });
    }
    if (!json) for (const { path: file, sizeBytes } of files) print(`${file}: ${formatBytes(sizeBytes)}`);
    return { model: path, format, files };
  },
});
