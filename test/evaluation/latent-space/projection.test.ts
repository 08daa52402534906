import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Point,
  principalComponents,
  projectTsne,
  projectUmap,
} from '../../../src/evaluation/latent-space/projection.js';
import { normals } from '../../../src/random.js';

/** Three clusters of 14 vectors of 60 floats, far apart. */
const [perCluster, floats] = [14, 60];
const clusterOf = (index: number) => Math.floor(index / perCluster);
const vectors = normals(3 * perCluster * floats, 'clusters').map((value, at) => {
  const [index, column] = [Math.floor(at / floats), at % floats];
  return value + (column % 3 === clusterOf(index) ? 6 : 0);
});
let components: Float64Array[];

beforeAll(() => {
  components = principalComponents(vectors, floats);
});

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (value, at) => value - b[at]!));

test('principal components keep distances and put the most variance first', () => {
  expect(components).toHaveLength(3 * perCluster);
  expect(components[0]!.length).toBe(3 * perCluster - 1);
  const row = (index: number) => vectors.subarray(index * floats, (index + 1) * floats);
  for (const [a, b] of [
    [0, 1],
    [3, 40],
    [20, 30],
  ] as const) {
    expect(distance(components[a]!, components[b]!)).toBeCloseTo(distance(row(a), row(b)), 3);
  }
  const variance = (axis: number) => components.reduce((sum, component) => sum + component[axis]! ** 2, 0);
  expect(variance(0)).toBeGreaterThan(variance(1));
  expect(variance(1)).toBeGreaterThan(5 * variance(2));
});

test('too few images are refused', () => {
  expect(() => principalComponents(vectors.subarray(0, 7 * floats), floats)).toThrow(/got 7 images, wanted at least 8/);
});

describe.each([
  ['t-SNE', projectTsne],
  ['UMAP', projectUmap],
])('%s', (_name, project) => {
  test('puts every image next to one of its own cluster, the same way for the same seed', () => {
    const { points } = project(components, 7);
    expect(points).toHaveLength(3 * perCluster);
    for (const [index, point] of points.entries()) {
      const others = points.map((other, at) => (at === index ? Number.POSITIVE_INFINITY : distance(point, other)));
      expect(clusterOf(others.indexOf(Math.min(...others)))).toBe(clusterOf(index));
    }
    expect(project(components, 7).points).toEqual(points);
    expect(project(components, 8).points).not.toEqual(points);
  }, 120_000);
});

test('a latent of one number has a projection too', () => {
  const line = principalComponents(normals(12, 'line'), 1);
  const finite = ([x, y]: Point) => Number.isFinite(x) && Number.isFinite(y);
  expect(projectTsne(line, 1).points.every(finite)).toBe(true);
});
