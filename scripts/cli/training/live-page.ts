/** `--live`, which every training has. */
import { z } from 'zod';
import { UserError } from '../../../src/errors.js';
import type { LivePage } from '../../../src/watching/live-page.js';
import { announce, warn } from '../output.js';

/** Of every page that a command serves. */
export const portSchema = z.number().int().min(0).max(65535);

/** Shared by the commands that train. */
export const liveOptions = {
  live: z
    .boolean()
    .default(false)
    .describe('show the training in the browser while it runs (latent-vae watch shows it afterwards, too)'),
  port: portSchema.optional().describe('of the page of --live (without it: any that is free)'),
};

export interface LiveChoice {
  readonly live: boolean;
  readonly port?: number | undefined;
  readonly dryRun: boolean;
}

/**
 * Opens the page before the training begins, so that a port that is taken is told of at once.
 *
 * @returns undefined where none is wanted
 */
export async function openLivePage({ live, port, dryRun }: LiveChoice): Promise<LivePage | undefined> {
  if (port !== undefined && !live) throw new UserError('Got --port, which is of --live: add that, or drop --port.');
  if (!live) return undefined;
  if (dryRun) throw new UserError('--dry-run trains nothing to look at: drop --live.');
  const { startLivePage } = await import('../../../src/watching/live-page.js');
  const page = await startLivePage(port, warn);
  announce(`Open ${page.url} in a browser: the page follows the training, and ends with it.`);
  return page;
}
