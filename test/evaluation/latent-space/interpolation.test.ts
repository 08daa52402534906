import { expect, test } from 'vitest';
import { linear, spherical, stripOf } from '../../../src/evaluation/latent-space/interpolation.js';
import { normals } from '../../../src/random.js';

const length = (vector: Float32Array) => Math.hypot(...vector);

test('the arc between two axes goes through their middle at equal angles', () => {
  const [x, y] = [Float32Array.of(2, 0), Float32Array.of(0, 2)];
  for (const [step, angle] of [0, 30, 60, 90].entries()) {
    const point = spherical(x, y, step / 3);
    expect(point[0]).toBeCloseTo(2 * Math.cos((angle * Math.PI) / 180), 6);
    expect(point[1]).toBeCloseTo(2 * Math.sin((angle * Math.PI) / 180), 6);
  }
});

test('draws of N(0, I) keep their length along the arc and lose a factor of √2 along the line', () => {
  const [from, to] = [normals(4000, 'from'), normals(4000, 'to')];
  expect(length(spherical(from, to, 0.5)) / length(from)).toBeCloseTo(1, 1);
  expect(length(linear(from, to, 0.5)) / length(from)).toBeCloseTo(Math.SQRT1_2, 1);
});

test('both ways begin and end where they should, also where there is no angle', () => {
  const pairs = [
    [Float32Array.of(1, 2, 3), Float32Array.of(-4, 0, 1)],
    [Float32Array.of(1, 1, 0), Float32Array.of(3, 3, 0)],
    [Float32Array.of(1, 0, 0), Float32Array.of(-1, 0, 0)],
    [Float32Array.of(0, 0, 0), Float32Array.of(1, 0, 0)],
  ] as const;
  for (const [from, to] of pairs) {
    for (const way of [linear, spherical]) {
      for (const [t, wanted] of [[0, from] as const, [1, to] as const]) {
        for (const [at, value] of way(from, to, t).entries()) expect(value).toBeCloseTo(wanted[at]!, 6);
      }
      expect([...way(from, to, 0.5)].every(Number.isFinite)).toBe(true);
    }
  }
});

test('a strip holds its steps one after the other, ends included', () => {
  expect([...stripOf(Float32Array.of(0, 10), Float32Array.of(4, 6), 3, linear)]).toEqual([0, 10, 2, 8, 4, 6]);
});
