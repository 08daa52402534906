/** A training that goes on for long needs no more memory than at its beginning. */
import { setTimeout as pause } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useOnnxRuntime } from './compare.js';
import { createTinyTrainer } from './tiny-training.js';

const mebibyte = 2 ** 20;

it('keeps tensors, buffers and resident memory flat over 1,000 steps', async () => {
  const engine = await useOnnxRuntime();
  const before = tf.memory();
  const trainer = createTinyTrainer();
  const train = async (steps: number) => {
    for (let done = 0; done < steps; done++) {
      trainer.step();
      // Arrays of native code are given back between two turns of the event loop.
      if (done % 50 === 0) await pause(0);
    }
    const { numTensors, numDataBuffers } = tf.memory();
    return { counts: { numTensors, numDataBuffers }, bytes: process.memoryUsage.rss(), ...engine.statistics() };
  };
  const early = await train(100);
  const late = await train(1000);
  expect(late.counts).toEqual(early.counts);
  expect(late.compiles).toBe(early.compiles);
  // A leak of what a step computes, about 70 KiB, would come to 70 MiB; the heap of JavaScript breathes by less.
  expect((late.bytes - early.bytes) / mebibyte).toBeLessThan(48);
  trainer.dispose();
  expect(tf.memory().numTensors).toBe(before.numTensors);
  engine.dispose();
});
