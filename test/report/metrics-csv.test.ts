import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { metricsCsv } from '../../src/report/run/metrics-csv.js';
import { newRun } from '../watching/fixture.js';

async function csvOf(run: string): Promise<string> {
  let all = '';
  for await (const text of metricsCsv(run)) all += text;
  return all;
}

it('has a line per step, with its validation, and a column for whatever any step has', async () => {
  await using run = await newRun();
  await run.appendTime(1, 0.5);
  await run.appendMetrics({ step: 1, loss: -1.5, channelKl: [0.1, 2e-9], '=HYPERLINK("x")': 3 });
  await run.appendMetrics({ step: 2, loss: 1, adversarial: -0.25 });
  await run.appendValidation(2, { images: 4, psnrDb: 20.123456789012344, scaling: { shift: -1, factor: 2 } });
  await run.appendMetrics({ step: 2, changes: { learningRate: [0.001, 0.0005], steps: [2, null] } });
  await appendFile(join(run.path, 'metrics.jsonl'), '{"step":3,"los');
  const text = await csvOf(run.path);
  // Negative numbers are numbers; a name that a spreadsheet would compute is none.
  expect(text.split('\n')[1]).toMatch(/^1,0\.5,\d+(\.\d+)?,-1\.5,0\.1,2e-9,3,,,,,,$/);
  const [first, second, ...others] = parse(text, { columns: true }) as Record<string, string>[];
  expect(Object.keys(first ?? {})).toEqual([
    ...['step', 'seconds', 'unixSeconds', 'loss', 'channelKl.0', 'channelKl.1', '\'=HYPERLINK("x")', 'adversarial'],
    ...['validation.images', 'validation.psnrDb', 'validation.scaling.shift', 'validation.scaling.factor', 'changes'],
  ]);
  expect(second).toMatchObject({ step: '2', seconds: '', 'validation.psnrDb': '20.123456789012344' });
  expect(second).toMatchObject({ adversarial: '-0.25', changes: 'learningRate: 0.001 to 0.0005; steps: 2 to off' });
  expect(others).toEqual([]);
});

it('says what is missing', async () => {
  await using run = await newRun();
  await expect(csvOf(run.path)).rejects.toThrow(/holds no metrics\.jsonl: let its training log a first step/);
  await expect(csvOf(join(run.path, 'samples'))).rejects.toThrow(/is no run folder/);
  await run.appendMetrics({ step: 1, loss: 1 });
  await appendFile(join(run.path, 'metrics.jsonl'), 'what\n');
  await expect(csvOf(run.path)).rejects.toThrow(/metrics\.jsonl, line 2 is no line of a training's log/);
});
