import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withEvents } from '../../../src/training/log/events/with-events.js';
import { newRun, writeSample } from '../../watching/fixture.js';
import { readEvents } from '../../web/read-events.js';

it('has every line of the log once, over any number of resumes', async () => {
  await using run = await newRun();
  await run.appendTime(1, 0.5);
  await run.appendMetrics({ step: 1, loss: 3, channelKl: [0, 0.25] });
  await run.appendMetrics({ step: 2, loss: null });
  const png = await writeSample(run, 2);
  const wanted = [{ step: 1, scalars: { 'train/loss': 3, 'train/channelKl/0': 0, 'train/channelKl/1': 0.25 } }];
  for (let resumed = 0; resumed < 3; resumed++) {
    await run.forgetAfter(1);
    const logged = await withEvents(run, true);
    await logged.appendTime(2, 1);
    await logged.appendMetrics({ step: 2, loss: 2 + resumed });
    expect(await logged.appendValidation(2, { psnrDb: 20 })).toBe(true);
    expect(await logged.appendValidation(2, { psnrDb: 20 })).toBe(false);
    const names = (await readdir(run.path)).filter((name) => name.startsWith('events.')).sort();
    // The one before is empty, and those before that are gone.
    expect(names).toHaveLength(Math.min(2, resumed + 1));
    const files = await Promise.all(names.map((name) => readEvents(join(run.path, name))));
    expect(files.slice(0, -1).flat()).toEqual([]);
    const events = files.at(-1) ?? [];
    const told = events.map(({ step, scalars }) => ({ step, scalars: Object.fromEntries(scalars) }));
    expect(told).toEqual([
      ...wanted,
      { step: 2, scalars: { 'train/loss': 2 + resumed } },
      { step: 2, scalars: { 'validation/psnrDb': 20 } },
      { step: 2, scalars: {} },
    ]);
    expect(events.at(-1)?.pictures.get('samples')?.equals(png)).toBe(true);
  }
  const times = (await readFile(join(run.path, 'times.jsonl'), 'utf8')).split('\n').slice(0, -1);
  expect(times.map((line) => JSON.parse(line).step)).toEqual([1, 2]);
});

it('is the run folder as it is where none is wanted', async () => {
  await using run = await newRun();
  expect(await withEvents(run, false)).toBe(run);
});
