import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { prefetch } from '../../../src/data/batches/prefetch.js';

function* countUp(started: number[]): Generator<number> {
  for (let number = 0; ; number++) {
    started.push(number);
    yield number;
  }
}

/** Work that ends in another order than it begins. */
const uneven = async (number: number) => {
  await wait((number * 7) % 5);
  return number * number;
};

test('results come in the order of the items, however long each takes', async () => {
  const squares: number[] = [];
  for await (const square of prefetch(Array(40).keys(), uneven, { concurrency: 8, ahead: 16 })) squares.push(square);
  expect(squares).toEqual(Array.from({ length: 40 }, (_, number) => number * number));
});

test('no more than `concurrency` run and `ahead` are begun; the rest waits for the consumer', async () => {
  const items: number[] = [];
  let [running, mostRunning, begun, taken] = [0, 0, 0, 0];
  const work = async (number: number) => {
    begun++;
    mostRunning = Math.max(mostRunning, ++running);
    await wait(1);
    running--;
    return number;
  };
  for await (const number of prefetch(countUp(items), work, { concurrency: 3, ahead: 10 })) {
    taken++;
    await wait(2);
    expect(items.length).toBeLessThanOrEqual(number + 10);
    if (number === 30) break;
  }
  expect(mostRunning).toBe(3);
  expect(running).toBe(0);
  expect(begun).toBeLessThanOrEqual(taken + 9);
  const begunAtStop = begun;
  await wait(20);
  expect(begun).toBe(begunAtStop);
});

test('a failure is thrown in its turn, after the results before it, and ends the work', async () => {
  const results: number[] = [];
  let last = 0;
  const work = async (number: number) => {
    last = number;
    if (number === 5) throw new Error('five');
    await wait(5);
    return number;
  };
  const consume = async () => {
    for await (const number of prefetch(countUp([]), work, { concurrency: 8, ahead: 8 })) results.push(number);
  };
  await expect(consume()).rejects.toThrow('five');
  expect(results).toEqual([0, 1, 2, 3, 4]);
  const lastAtStop = last;
  await wait(20);
  expect(last).toBe(lastAtStop);
});

test('a consumer that stops waits for what runs, and what waits is not begun', async () => {
  let [running, begun] = [0, 0];
  const work = async () => {
    begun++;
    running++;
    await wait(20);
    running--;
  };
  for await (const _ of prefetch(countUp([]), work, { concurrency: 2, ahead: 6 })) break;
  expect(running).toBe(0);
  expect(begun).toBeLessThanOrEqual(4);
});
