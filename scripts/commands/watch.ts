/** `latent-vae watch` */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { defineCommand } from '../cli/command.js';
import { announce, note } from '../cli/output.js';
import { portSchema } from '../cli/training/live-page.js';

export const command = defineCommand({
  name: 'watch',
  description:
    'Show a training in the browser: its curves, its pictures, what is wrong with it and what it is, from the files of its ' +
    'run folder. The page follows a running training. It is for this machine alone, and loads nothing from elsewhere.',
  arguments: { '<run>': 'run folder of train or train-diffusion, finished, running, or not there yet' },
  options: z.strictObject({
    port: portSchema.default(0).describe('serve the page on this port until Ctrl-C, 0 for any that is free'),
  }),
  examples: ['latent-vae watch runs/a', 'latent-vae watch runs/a --port 4601'],
  async run([run = ''], { port }, { stop }) {
    const { describeRun } = await import('../../src/watching/describe-run.js');
    const { watchRun } = await import('../../src/watching/serve.js');
    if (existsSync(run)) await describeRun(run);
    else note(`${run} is not there yet: the page shows it once a training makes it.`);
    const server = await watchRun(run, port);
    announce(`Open ${server.url} in a browser; Ctrl-C ends it.`);
    await stop();
    await server.close();
    return { run, url: server.url };
  },
});
