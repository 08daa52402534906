import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { measureDryRun, measuringLength } from '../../scripts/cli/training/dry-run.js';
import type { LoopHooks } from '../../src/training/loop.js';

const signal = new AbortController().signal;
const progress = (step: number) => ({ step, done: 0, report: {} as never, imagesPerSecond: 0, secondsLeft: 0 });

/** Three slow steps that compile, then quick ones until it is told to stop. */
const training = (seen: { out?: string; steps: number }) => async (out: string, hooks: LoopHooks) => {
  seen.out = out;
  await mkdir(out);
  await writeFile(`${out}/checkpoint`, 'weights');
  while (!hooks.signal?.aborted && seen.steps < measuringLength.steps) {
    await setTimeout(seen.steps < 3 ? 100 : 10);
    hooks.onProgress?.(progress(++seen.steps));
  }
};

it('times the steps after those that compile, stops by itself and leaves nothing behind', async () => {
  const seen: { out?: string; steps: number } = { steps: 0 };
  const figures = await measureDryRun({ steps: 1000 }, 8, signal, training(seen));
  expect(figures).toMatchObject({ steps: 1000, measuredSteps: seen.steps - 3 });
  const { secondsPerStep = 0, imagesPerSecond, seconds } = figures ?? {};
  // A timer of 10 ms never fires before 9.
  expect(secondsPerStep).toBeGreaterThan(0.009);
  expect(imagesPerSecond).toBeCloseTo(8 / secondsPerStep, 9);
  expect(seconds).toBeCloseTo(1000 * secondsPerStep, 9);
  expect(existsSync(seen.out as string)).toBe(false);
});

it('tells how many steps minutes are', async () => {
  const figures = await measureDryRun({ minutes: 2 }, 8, signal, training({ steps: 0 }));
  expect(figures?.steps).toBe(Math.round(120 / (figures?.secondsPerStep ?? 0)));
});

it('measures nothing where nothing steps, and removes its folder where a training fails', async () => {
  expect(await measureDryRun({ steps: 10 }, 8, signal, async () => {})).toBeUndefined();
  let folder = '';
  const failing = async (out: string) => {
    folder = out;
    await mkdir(out);
    throw new Error('no images');
  };
  await expect(measureDryRun({ steps: 10 }, 8, signal, failing)).rejects.toThrow('no images');
  expect(existsSync(folder)).toBe(false);
});
