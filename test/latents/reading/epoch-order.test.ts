import { expect, test } from 'vitest';
import { epochOrder, type OrderedSource } from '../../../src/latents/reading/epochs/epoch-order.js';
import { permutation } from '../../../src/random.js';

const [shardImages, pieceRows, windowImages] = [50, 8, 100];
const place = (index: number) => ({ shard: Math.floor(index / shardImages), row: index % shardImages });
const source: OrderedSource = { place, gathering: { pieceRows: () => pieceRows, windowImages } };
const pieceOf = (index: number) => `${place(index).shard} ${Math.floor(place(index).row / pieceRows)}`;

test('every image comes once, in an order that the key decides', () => {
  const order = epochOrder(source, 1000, 1, 2);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(epochOrder(source, 1000, 1, 2)).toEqual(order);
  expect(epochOrder(source, 1000, 1, 3)).not.toEqual(order);
});

test('images of a piece come within a window, and a window has them from all over the store', () => {
  const order = [...epochOrder(source, 10_000, 0, 0)];
  const places = new Map<string, number[]>();
  order.forEach((index, position) => {
    places.set(pieceOf(index), [...(places.get(pieceOf(index)) ?? []), position]);
  });
  for (const positions of places.values()) {
    expect(Math.max(...positions) - Math.min(...positions)).toBeLessThan(windowImages + pieceRows);
  }
  const first = order.slice(0, windowImages);
  expect(new Set(first.map(pieceOf)).size).toBeGreaterThanOrEqual(windowImages / pieceRows);
  const [least, most] = [Math.min(...first), Math.max(...first)];
  expect(most - least).toBeGreaterThan(5000);
  // Neighbours in the store are no neighbours in a window.
  const steps = first.slice(1).filter((index, at) => index === (first[at] as number) + 1);
  expect(steps.length).toBeLessThan(10);
});

test('of some images of a store, and of one that needs no windows', () => {
  const indices = Uint32Array.from({ length: 500 }, (_, position) => 2 * position);
  const order = epochOrder(source, indices, 0, 0);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, position) => position));
  expect(epochOrder({ place }, 1000, 5, 6)).toEqual(permutation(1000, 'latents', 5, 6));
});
