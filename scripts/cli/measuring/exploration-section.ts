/** `compare --explore`: beside the report, the page on which the compared models take the reader's own pictures. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReportSection } from '../../../src/report/page/sections/section.js';

export const exploreOption = z
  .boolean()
  .default(false)
  .describe('also write the page of latent-vae explore with these models, into explore/ below --out, and link to it');

const folder = 'explore';

/** @throws UserError where a model cannot be exported, or onnxruntime-web is missing */
export async function explorationSection(out: string, paths: readonly string[]): Promise<ReportSection> {
  const { writeExploration } = await import('../../../src/exploration/write-exploration.js');
  // A report is written anew into its folder, and so is this part of it.
  await rm(join(out, folder), { recursive: true, force: true });
  const { models } = await writeExploration(paths, join(out, folder));
  const html = `<section>
<h2>With your own pictures</h2>
<p><a href="${folder}/index.html">Look into these models with pictures of your own</a>, in this browser: no picture leaves the page.
It computes in a worker, which browsers start only from a web server: serve this folder, for example with
<code>python3 -m http.server</code>, rather than open its file.</p>
</section>`;
  return { name: 'exploration', html, data: { folder, models } };
}
