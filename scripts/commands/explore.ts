/** `latent-vae explore` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { engineOptionsSchema } from '../../src/config/config.js';
import { defaultTokenizer, shippedBaseline } from '../../src/interop/models/shipped-tokenizers.js';
import { formatBytes } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { announce, print } from '../cli/output.js';
import { portSchema } from '../cli/training/live-page.js';

export const command = defineCommand({
  name: 'explore',
  description:
    'Look into the latents of your own pictures in the browser: a page that shows what each model keeps, lets you paint on ' +
    'its latent, and walks between two pictures. Nothing is loaded from elsewhere, and no picture leaves the page.',
  arguments: {},
  options: z.strictObject({
    model: z
      .string()
      .optional()
      .describe(
        'run folders, or other models, separated by commas (without it: ' +
          `${defaultTokenizer}, and ${shippedBaseline} beside it)`,
      ),
    diffusion: z
      .string()
      .optional()
      .describe('run folders of train-diffusion, separated by commas, from which the page draws samples'),
    out: z.string().optional().describe('folder to make, for any static web server'),
    port: portSchema
      .optional()
      .describe('serve it on this port until Ctrl-C, 0 for any; 4600 where neither --out nor --port is given'),
    ...engineOptionsSchema.shape,
  }),
  examples: [
    'latent-vae explore --model runs/a,runs/b',
    'latent-vae explore --diffusion runs/d',
    'latent-vae explore --model runs/a,runs/b --out exploration/',
  ],
  async run(_, { model, diffusion: diffusionRuns, out, port: givenPort, ...engine }, { json, stop }) {
    const { explorationModels } = await import('../../src/exploration/exploration-models.js');
    const { serveExploration } = await import('../../src/exploration/serve.js');
    const { writeExploration } = await import('../../src/exploration/write-exploration.js');
    const { selectEngine } = await import('../../src/engine/select.js');
    const port = givenPort ?? (out === undefined ? 4600 : undefined);
    const { paths, diffusion } = await explorationModels(model, diffusionRuns);
    await selectEngine(engine);
    const folder = out ?? (await mkdtemp(join(tmpdir(), 'latent-vae-explore-')));
    try {
      const { models } = await writeExploration(paths, folder, diffusion);
      if (!json) for (const { name, sizeBytes } of models) print(`${name}: ${formatBytes(sizeBytes)}`);
      if (out !== undefined && !json) print(`Page: ${join(out, 'index.html')}, for any static web server`);
      if (port === undefined) return { out: folder, models };
      const server = await serveExploration(folder, port);
      announce(`Open ${server.url} in a browser; Ctrl-C ends it.`);
      await stop();
      await server.close();
      return { ...(out !== undefined && { out }), url: server.url, models };
    } finally {
      if (out === undefined) await rm(folder, { recursive: true, force: true });
    }
  },
});
