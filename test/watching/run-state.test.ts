/** What is told of a run folder, as it comes to be. */
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { followRun } from '../../src/watching/run-state.js';
import { logStep, logSteps, newRun, writeSample } from './fixture.js';

const validation = (psnrDb: number) => ({ images: 4, psnrDb, ssim: 0.5, meanColourPsnrDb: 12 });
const points = (charts: Awaited<ReturnType<ReturnType<typeof followRun>['now']>>['charts'], title: string) =>
  charts.find((chart) => chart.title === title)?.lines.map((line) => line.points.map(([step]) => step));

it('waits for a folder, and says what is no run', async () => {
  await using run = await newRun();
  const missing = followRun(join(run.path, 'later'));
  expect((await missing.now()).headline).toMatch(/later is not there yet: it is shown once a training makes it\.$/);
  const other = followRun(join(run.path, 'samples'));
  expect((await other.now()).headline).toMatch(/samples is no run folder .*pass the --out of a training\.$/);
  await rm(join(run.path, 'config.json'));
  await writeFile(join(run.path, 'config.json'), '{"formatVersion": 1, "model": {}, "imported": {}}');
  expect((await followRun(run.path).now()).headline).toContain('was not trained there');
});

it('tells of a training while it writes', async () => {
  const run = await newRun({ steps: 4, batch: 8 });
  const follower = followRun(run.path);
  expect((await follower.now()).headline).toBe('The training has begun; its first step is not there yet.');
  await logStep(run, 1, { loss: 2, kl: null, channelKl: [0.5, 0.25] });
  await logStep(run, 2, { loss: 1, kl: 3, channelKl: [0.5, 0.25] });
  // The step under way is half written, in both files.
  await appendFile(join(run.path, 'times.jsonl'), '{"step":3,"sec');
  await appendFile(join(run.path, 'metrics.jsonl'), '{"step":3,"lo');
  let state = await follower.now();
  expect(state.headline).toBe('Step 2 of 4');
  expect(state.sentences[0]).toBe('80 images/s, 0 s of training, 0 s left.');
  expect(points(state.charts, 'Loss')).toEqual([[1, 2]]);
  expect(points(state.charts, 'KL divergence, nats per image')).toEqual([[2]]);
  expect(points(state.charts, 'KL divergence of each latent channel, nats')).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(state.times).toEqual([
    [1, 0.1],
    [2, 0.2],
  ]);
  // A resume after step 1.
  await run.forgetAfter(1);
  await logStep(run, 2, { loss: 1.5 });
  await logStep(run, 3, { loss: 1.25 });
  await writeSample(run, 3);
  await run.appendValidation(3, validation(20));
  state = await follower.now();
  expect(points(state.charts, 'Loss')).toEqual([[1, 2, 3]]);
  expect(state.charts.find(({ title }) => title === 'Loss')?.lines[0]?.points[1]).toEqual([2, 1.5, 1.5, 1.5]);
  expect(state.samples.steps).toEqual([3]);
  expect(state.warnings).toEqual([]);
  await logStep(run, 4, { loss: 1 });
  await run.appendValidation(4, validation(11));
  await run[Symbol.asyncDispose]();
  state = await follower.now();
  expect(state.headline).toBe('Finished after 4 steps');
  expect(state.sentences.join(' ')).toContain(
    '11.00 dB PSNR and 0.500 SSIM after step 4; the best were 20.00 dB after step 3.',
  );
  expect(state.warnings).toEqual([expect.stringMatching(/^The model restores pictures worse than their mean colour/)]);
});

it('tells of a run that stopped, and of what a resume changed', async () => {
  const run = await newRun({ steps: 40 });
  await logStep(run, 1, { loss: 2 });
  await run.appendMetrics({ step: 1, changes: { learningRate: [0.001, 0.0005] } });
  await run[Symbol.asyncDispose]();
  const { headline, sentences } = await followRun(run.path).now();
  expect(headline).toBe('Stopped after 1 step');
  expect(sentences).toContain('Nothing trains it now; --resume goes on with it.');
  expect(sentences.at(-1)).toContain('Goes on after step 1 with --learning-rate 0.0005 (was 0.001)');
});

it('warns of a discriminator as the training does', async () => {
  await using run = await newRun({ adversarialWeight: 0.1 });
  const steps = Array.from({ length: 400 }, (_, index) => index + 1);
  await logSteps(run, steps, () => ({ loss: 1, discriminator: 0.999 }));
  const { warnings } = await followRun(run.path).now();
  expect(warnings).toEqual([expect.stringMatching(/^The discriminator has learned nothing: in the last 300 steps/)]);
});

it('names a broken line each time it is asked', async () => {
  await using run = await newRun();
  await logStep(run, 1, { loss: 2 });
  await appendFile(join(run.path, 'metrics.jsonl'), '{"step":2,"lo{"step":3,"loss":1}\n{"step":4,"loss":1}\n');
  const follower = followRun(run.path);
  for (let asked = 0; asked < 2; asked++)
    expect((await follower.now()).headline).toMatch(/metrics\.jsonl, line 2 is no line of a training's log/);
});
