/** `latent-vae metrics` */
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { defineCommand } from '../cli/command.js';
import { print } from '../cli/output.js';

export const command = defineCommand({
  name: 'metrics',
  description:
    'Copy the log of a training, finished or running, to CSV or to an event file of TensorBoard: every figure of every step, ' +
    'with its time.',
  arguments: { '<run>': 'run folder of train or train-diffusion' },
  options: z.strictObject({
    format: z.enum(['csv', 'tensorboard']).default('csv').describe('csv: a line per step; tensorboard: pictures, too'),
    out: z
      .string()
      .optional()
      .describe('file of the CSV (without it: stdout), or folder of the event file (without it: the run folder)'),
  }),
  examples: [
    'latent-vae metrics runs/a > a.csv',
    'latent-vae metrics runs/a --out a.csv',
    'latent-vae metrics runs/a --format tensorboard && tensorboard --logdir runs',
  ],
  async run([run = ''], { format, out }, { json }) {
    if (format === 'tensorboard') {
      const { writeTensorBoardEvents } = await import('../../src/report/run/export-metrics.js');
      const path = await writeTensorBoardEvents(run, out);
      if (!json) print(`Events: ${path}`);
      return { run, format, path };
    }
    if (out !== undefined) {
      const { writeMetricsCsv } = await import('../../src/report/run/export-metrics.js');
      await writeMetricsCsv(run, out);
      if (!json) print(`CSV: ${out}`);
      return { run, format, path: out };
    }
    if (json) throw new UserError('Got --json for CSV on stdout, where one of them has room: name a file with --out.');
    const { metricsCsv } = await import('../../src/report/run/metrics-csv.js');
    for await (const text of metricsCsv(run)) await written(text);
    return undefined;
  },
});

/** Waits for a reader that is slower than the disk. */
function written(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
