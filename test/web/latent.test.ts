import { expect, it } from 'vitest';
import { normals } from '../../src/random.js';
import { editLatent } from '../../src/web/latent/edit.js';
import { noEdits } from '../../src/web/latent/edits.js';
import { planeStatistics, principalColours, viewOf } from '../../src/web/latent/view.js';

const view = { planes: 4, height: 16, width: 16 };
const values = normals(4 * 256, 'latent');
const statistics = planeStatistics(values, view);
const edited = (edits: object, other?: Float32Array) =>
  editLatent(values, view, statistics, { ...noEdits, ...edits }, other);
const std = (numbers: Float32Array) =>
  planeStatistics(numbers, { planes: 1, height: 1, width: numbers.length })[0]!.std;

it('no edits change nothing', () => {
  expect(edited({})).toEqual(values);
});

it('noise has the standard deviation that was asked for, in units of the plane', () => {
  const doubled = values.map((value, at) => (at < 256 ? 2 * value : value));
  const noisy = editLatent(doubled, view, planeStatistics(doubled, view), { ...noEdits, noise: 0.5, noiseSeed: 3 });
  const added = noisy.map((value, at) => value - doubled[at]!);
  // 256 draws know their standard deviation to 4.4 %; the limit is four times that.
  expect(std(added.subarray(0, 256)) / (0.5 * 2 * std(values.subarray(0, 256)))).toBeCloseTo(1, 0.75);
  expect(Math.abs(std(added.subarray(256, 512)) / (0.5 * std(values.subarray(256, 512))) - 1)).toBeLessThan(0.18);
});

it('quantising leaves 2^bits levels and no error above half a step', () => {
  for (const bits of [1, 2, 4]) {
    const rounded = edited({ bits });
    const plane = rounded.subarray(0, 256);
    expect(new Set(plane).size).toBeLessThanOrEqual(2 ** bits);
    const { least, greatest } = statistics[0]!;
    const half = (greatest - least) / (2 ** bits - 1) / 2;
    plane.forEach((value, at) => {
      expect(Math.abs(value - values[at]!)).toBeLessThan(half + 1e-5);
    });
  }
});

it('scale, shift and swapped halves do what they say', () => {
  const { mean, std: planeStd } = statistics[1]!;
  const changed = edited({ scale: 2, shift: -1 });
  expect(changed[300]!).toBeCloseTo(mean + 2 * (values[300]! - mean) - planeStd, 4);
  const other = normals(4 * 256, 'other');
  const swapped = edited({ swap: 'left' }, other);
  expect([swapped[7], swapped[8], swapped[256 + 17], swapped[256 + 31]]).toEqual([
    other[7],
    values[8],
    other[256 + 17],
    values[256 + 31],
  ]);
});

it('the first principal component is the direction that varies most', () => {
  const ramp = Float32Array.from({ length: 4 * 256 }, (_, at) => (at < 512 ? (at % 256) / 16 : values[at]! / 100));
  const colours = principalColours(ramp, view);
  const red = Array.from({ length: 256 }, (_, at) => colours[3 * at]!);
  expect(red).toEqual([...red].sort((a, b) => a - b));
  expect(red[0]).toBeLessThan(30);
  expect(red[255]).toBeGreaterThan(225);
});

it('a vector is looked at as one plane', () => {
  expect(viewOf({ channels: 128, height: 1, width: 1 })).toEqual({ planes: 1, height: 8, width: 16 });
  expect(viewOf({ channels: 7, height: 1, width: 1 })).toEqual({ planes: 1, height: 1, width: 7 });
  expect(viewOf({ channels: 4, height: 8, width: 6 })).toEqual({ planes: 4, height: 8, width: 6 });
});
