/** The checkpoint before the last stays until a step was computed from the last. */
import { mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createRunFolder, type RunFolder } from '../../src/training/run/run-folder.js';
import { savedStates } from '../../src/training/saved-states.js';

let run: RunFolder<object>;
let state: { step: number };
const content = () => readFile(run.checkpointPath, 'utf8');

beforeEach(async () => {
  run = await createRunFolder(join(await mkdtemp(join(tmpdir(), 'latent-vae-test-')), 'run'), {});
  state = { step: 0 };
  return () => run[Symbol.asyncDispose]();
});

const open = () =>
  savedStates({
    state,
    run,
    // A new file each time, as a checkpoint is.
    save: async () => {
      await writeFile(`${run.checkpointPath}.new`, String(state.step));
      await rename(`${run.checkpointPath}.new`, run.checkpointPath);
    },
    restore: async () => {
      state.step = Number(await content());
    },
  });

async function steps(states: ReturnType<typeof open>, count: number) {
  for (let done = 0; done < count; done++) {
    state.step++;
    await states.stepComputed();
  }
}

test('a state that no step was computed from gives way to the one before', async () => {
  const states = open();
  await steps(states, 2);
  await states.save();
  await steps(states, 2);
  await states.save();
  // Once more before the next step, as at the end of a session.
  await states.save();
  state.step++;
  expect(await states.lastSound()).toEqual({ savedStep: 4, keptStep: 2, soundSteps: 4 });
  expect(await content()).toBe('2');
  expect(run.before.exists()).toBe(false);
});

test('a state that a step was computed from stays, and the one before is gone', async () => {
  const states = open();
  await steps(states, 2);
  await states.save();
  await steps(states, 2);
  await states.save();
  await steps(states, 1);
  expect(run.before.exists()).toBe(false);
  state.step++;
  expect(await states.lastSound()).toEqual({ savedStep: 4, keptStep: 4, soundSteps: 5 });
  expect(await content()).toBe('4');
});

test('a resumed run still knows the one before', async () => {
  const first = open();
  await steps(first, 1);
  await first.save();
  await steps(first, 1);
  await first.save();
  const second = open();
  state.step++;
  expect(await second.lastSound()).toEqual({ savedStep: 2, keptStep: 1, soundSteps: 0 });
  expect(await content()).toBe('1');
});

test('the first state of a run has none before it', async () => {
  const states = open();
  expect(await states.lastSound()).toEqual({ savedStep: null, keptStep: null, soundSteps: 0 });
  await states.save();
  expect(await states.lastSound()).toEqual({ savedStep: 0, keptStep: null, soundSteps: 0 });
  expect(await content()).toBe('0');
});
