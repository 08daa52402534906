import { describe, expect, test } from 'vitest';
import {
  blendTiles,
  reflectedIndex,
  type Tile,
  type TileAxis,
  tileAxis,
  tileGrid,
  tileWeights,
} from '../../src/latents/tiles.js';
import { randomStream } from '../../src/random.js';

describe('the layout along one axis', () => {
  test('one tile where it fits, otherwise tiles from end to end that overlap enough', () => {
    expect(tileAxis(7, 8, 2)).toEqual({ length: 7, size: 7, starts: [0], ramp: 0 });
    expect(tileAxis(8, 8, 2).starts).toEqual([0]);
    expect(tileAxis(9, 8, 2).starts).toEqual([0, 1]);
    expect(tileAxis(20, 8, 2).starts).toEqual([0, 6, 12]);
    expect(tileAxis(21, 8, 2).starts).toEqual([0, 4, 9, 13]);
  });

  const stream = randomStream('tiles');
  const cases = Array.from({ length: 200 }, () => {
    const size = 2 + stream.integer(30);
    return { length: 1 + stream.integer(150), size, overlap: stream.integer(Math.floor(size / 2) + 1) };
  });

  test('weights are in [0, 1] and sum to 1 at every position, whatever the sizes', () => {
    for (const { length, size, overlap } of cases) {
      const axis = tileAxis(length, size, overlap);
      for (const scale of [1, 4]) {
        const sums = new Float64Array(length * scale);
        axis.starts.forEach((start, tile) => {
          const weights = tileWeights(axis, tile, scale);
          expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
          weights.forEach((weight, index) => {
            sums[start * scale + index] = (sums[start * scale + index] as number) + weight;
          });
        });
        expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-12);
      }
      axis.starts.slice(1).forEach((start, tile) => {
        expect((axis.starts[tile] as number) + size - start).toBeGreaterThanOrEqual(overlap);
      });
    }
  });

  test('neighbours are blended linearly over the middle half of their overlap', () => {
    const axis = tileAxis(12, 8, 4);
    expect([...tileWeights(axis, 0, 1)]).toEqual([1, 1, 1, 1, 1, 0.75, 0.25, 0]);
    expect([...tileWeights(axis, 1, 1)]).toEqual([0, 0.25, 0.75, 1, 1, 1, 1, 1]);
    expect([...tileWeights(axis, 0, 2)].slice(8)).toEqual([1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0]);
    expect([...tileWeights(tileAxis(12, 6, 0), 0, 1)]).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

interface Field {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

function randomField(height: number, width: number): Field {
  const stream = randomStream('field', height, width);
  return { height, width, values: Float32Array.from({ length: height * width }, () => stream.uniform() - 0.5) };
}

/** A 3×3 convolution that meets zeros at the edges, as every layer of the networks does, and a curve. */
function layer({ height, width, values }: Field): Field {
  const out = new Float32Array(height * width);
  for (let line = 0; line < height; line++) {
    for (let column = 0; column < width; column++) {
      let sum = 0.1;
      for (const [dy, dx, weight] of [
        [-1, -1, 0.7],
        [-1, 1, -0.4],
        [0, 0, 0.9],
        [0, 1, 0.3],
        [1, -1, -0.8],
        [1, 0, 0.5],
      ] as const) {
        const [y, x] = [line + dy, column + dx];
        if (y >= 0 && y < height && x >= 0 && x < width) sum += weight * (values[y * width + x] as number);
      }
      out[line * width + column] = Math.max(0, sum);
    }
  }
  return { height, width, values: out };
}

/** Each value becomes a square of `scale` px: what an upsampling decoder does. */
function upsample({ height, width, values }: Field, scale: number): Field {
  const out = new Float32Array(height * width * scale ** 2);
  out.forEach((_, index) => {
    const [line, column] = [Math.floor(index / (width * scale)), index % (width * scale)];
    out[index] = values[Math.floor(line / scale) * width + Math.floor(column / scale)] as number;
  });
  return { height: height * scale, width: width * scale, values: out };
}

function cut({ width, values }: Field, tile: Tile): Field {
  const out = new Float32Array(tile.height * tile.width);
  for (let line = 0; line < tile.height; line++) {
    const start = (tile.top + line) * width + tile.left;
    out.set(values.subarray(start, start + tile.width), line * tile.width);
  }
  return { ...tile, values: out };
}

describe('a convolutional network without normalisation', () => {
  // It sees two and a half cells far; the outer quarter of an overlap of twelve cells is three.
  const network = (field: Field) => layer(upsample(layer(layer(field)), 2));

  test.each([
    [40, 61],
    [24, 100],
    [90, 10],
    [33, 17],
  ])(
    '%i×%i cells in tiles give the result of the whole, exactly where tiles are not blended',
    async (height, width) => {
      const field = randomField(height, width);
      const whole = network(field);
      const grid = tileGrid([height, width], { size: 24, overlap: 12 }, { scale: 2, channels: 1 });
      const tiled = new Float32Array(whole.values.length);
      let nextLine = 0;
      for await (const { firstLine, values } of blendTiles(grid, async (tile) => network(cut(field, tile)).values)) {
        expect(firstLine).toBe(nextLine);
        tiled.set(values, firstLine * width * 2);
        nextLine += values.length / (width * 2);
      }
      expect(nextLine).toBe(height * 2);
      const errors = tiled.map((value, index) => Math.abs(value - (whole.values[index] as number)));
      expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(1e-6);
      // A blend of two equal values may differ from them in its last place.
      const blended = (axis: TileAxis) =>
        new Set(
          axis.starts.flatMap((start, tile) => {
            return [...tileWeights(axis, tile, 2)].flatMap((weight, at) =>
              weight > 0 && weight < 1 ? [start * 2 + at] : [],
            );
          }),
        );
      const [rows, columns] = [blended(grid.rows), blended(grid.columns)];
      const wrong = errors.findIndex((error, index) => {
        const isBlended = rows.has(Math.floor(index / (width * 2))) || columns.has(index % (width * 2));
        return error > 0 && !isBlended;
      });
      expect(wrong).toBe(-1);
    },
  );

  test('a value that is not finite stays inside its tile', async () => {
    const grid = tileGrid([4, 12], { size: 8, overlap: 4 }, { scale: 1, channels: 1 });
    const lines = blendTiles(grid, async ({ left }) =>
      new Float32Array(32).fill(1).map((_, at) => {
        return left === 0 && at % 8 === 7 ? Number.NaN : 1;
      }),
    );
    for await (const { values } of lines) expect(values.every((value) => value === 1)).toBe(true);
  });
});

test('reflection leaves out the edge, and goes back and forth as often as it takes', () => {
  const reflect = (length: number, count: number) => {
    return Array.from({ length: count }, (_, index) => reflectedIndex(index, length));
  };
  expect(reflect(4, 10)).toEqual([0, 1, 2, 3, 2, 1, 0, 1, 2, 3]);
  expect(reflect(2, 5)).toEqual([0, 1, 0, 1, 0]);
  expect(reflect(1, 3)).toEqual([0, 0, 0]);
});
