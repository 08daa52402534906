/** Run folders with whatever log a test wants. */
import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveRunConfig, trainOptionsSchema } from '../../src/config/config.js';
import { createRunFolder, type RunFolder } from '../../src/training/run/run-folder.js';

/** A run that was begun, under its lock. */
export async function newRun(options: object = {}, name = 'run'): Promise<RunFolder> {
  const path = join(await mkdtemp(join(tmpdir(), 'latent-vae-test-')), name);
  return createRunFolder(path, resolveRunConfig('photos', trainOptionsSchema.parse(options)));
}

/** Logs a step that took a tenth of a second. */
export async function logStep(run: RunFolder, step: number, report: object): Promise<void> {
  await run.appendTime(step, step / 10);
  await run.appendMetrics({ step, ...report });
}

/** Many steps at once. */
export async function logSteps(run: RunFolder, steps: readonly number[], report: (step: number) => object) {
  const times = steps.map(
    (step) => `${JSON.stringify({ step, seconds: step / 10, unixSeconds: 1764000000 + step })}\n`,
  );
  await appendFile(join(run.path, 'times.jsonl'), times.join(''));
  const lines = steps.map((step) => `${JSON.stringify({ step, ...report(step) })}\n`);
  await appendFile(join(run.path, 'metrics.jsonl'), lines.join(''));
}

export async function writeSample(run: RunFolder, step: number): Promise<Buffer> {
  const png = Buffer.from(
    '89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000c4944415478da63601811000000d20001dd1dc1ab0000000049454e44ae426082',
    'hex',
  );
  await writeFile(run.samplePath(step), png);
  return png;
}
