/** Numbers do not depend on the run, whatever the number of threads. */
import { describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/engine/select.js';
import { expectClose } from './compare.js';
import { trainTiny } from './tiny-training.js';

async function trainWith(threads: number) {
  const engine = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads });
  try {
    return trainTiny(10);
  } finally {
    engine.dispose();
  }
}

describe('a training', () => {
  it.each([1, 2])('with %i threads gives the same bits every time', async (threads) => {
    expect(await trainWith(threads)).toEqual(await trainWith(threads));
  });

  it('gives the same numbers with one thread and with two, up to the order of sums', async () => {
    expectClose(await trainWith(2), await trainWith(1), 1e-5, 'two threads');
  });
});
