/** `latent-vae import` */
import { z } from 'zod';
import { defineCommand } from '../cli/command.js';
import { print, warn } from '../cli/output.js';

export const command = defineCommand({
  name: 'import',
  description:
    'Copy a model of another project into a folder of ours: a directory of diffusers, a checkpoint of LDM, or a TAESD. ' +
    'Other commands open such models as they are, too; the copy is checked, complete and in float32.',
  arguments: { '<path>': 'directory or file of the model' },
  options: z.strictObject({
    out: z.string().describe('folder to make'),
    size: z
      .number()
      .int()
      .positive()
      .optional()
      .meta({ unit: 'px' })
      .describe("side of the images it is used for (default: the model's)"),
    scalingFactor: z.number().positive().optional().describe('diffusion sees (latent - shift) * factor'),
    shiftFactor: z.number().optional().describe('see --scaling-factor'),
  }),
  examples: [
    'latent-vae import sd-vae-ft-mse/ --out models/sd',
    'latent-vae import kl-f8.ckpt --out models/kl-f8 --scaling-factor 0.18215',
    'latent-vae train photos/ --from models/sd --size 256 --learning-rate 1e-5',
  ],
  async run([path = ''], { out, ...changes }, { json }) {
    const { selectEngine } = await import('../../src/engine/select.js');
    const { importModel } = await import('../../src/interop/models/import-model.js');
    // Nothing is computed here.
    await selectEngine({ engine: 'cpu', device: 'cpu', threads: 0 });
    const summary = await importModel(path, out, changes);
    for (const warning of summary.warnings) warn(warning);
    const { origin } = summary.config.imported;
    if (!json) print(`${out}: ${origin}, ${summary.parameters.toLocaleString('en')} parameters`);
    return summary;
  },
});
