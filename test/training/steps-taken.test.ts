import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stepsTaken } from '../../src/training/run/steps-taken.js';

const runWith = async (log?: string) => {
  const run = await mkdtemp(join(tmpdir(), 'steps-taken-'));
  if (log !== undefined) await writeFile(join(run, 'metrics.jsonl'), log);
  return run;
};

it('is the step of the last whole line, however long the log is', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `{"step":${index + 1},"loss":0.123456789}\n`);
  expect(await stepsTaken(await runWith(lines.join('')))).toBe(5000);
  expect(await stepsTaken(await runWith('{"step":7}\n{"step":7,"validation":{}}\n{"step":8,"lo'))).toBe(7);
});

it('is unknown where nothing was logged', async () => {
  expect(await stepsTaken(await runWith())).toBeUndefined();
  expect(await stepsTaken(await runWith(''))).toBeUndefined();
});
