/** What a decoder in training sees instead of the latent, in plain numbers. */
import { describe, expect, test } from 'vitest';
import { type RegularizersConfig, regularizersSchema } from '../../../src/config/config.js';
import { corruptsLatents, drawCorruption } from '../../../src/losses/regularizers/latent-corruption.js';

const configOf = (changes: Partial<RegularizersConfig>) => regularizersSchema.parse(changes);
const count = 4000;
/** Of [2, 2, 4] each. */
const drawn = (changes: Partial<RegularizersConfig>) => drawCorruption(count, [2, 2, 4], configOf(changes), 3, 7);
const images = Array.from({ length: count }, (_, image) => image);
const share = (wanted: (image: number) => boolean) => images.filter(wanted).length / count;

test('latents are changed by noise, by gaps and by missing channels, each alone', () => {
  expect(corruptsLatents(configOf({}))).toBe(false);
  expect(corruptsLatents(configOf({ equivarianceWeight: 1 }))).toBe(false);
  for (const changes of [{ latentNoise: 0.5 }, { latentMask: 0.5 }, { channelPrefixShare: 0.5 }]) {
    expect(corruptsLatents(configOf(changes)), JSON.stringify(changes)).toBe(true);
  }
  expect(corruptsLatents(configOf({ latentNoise: 0.5, latentMask: 0.5 }))).toBe(true);
});

describe('the corruption', () => {
  test('is none where nothing is asked for', () => {
    const { scale, added } = drawn({});
    expect(new Set(scale)).toEqual(new Set([1]));
    expect(new Set(added)).toEqual(new Set([0]));
    expect([scale.length, added.length]).toEqual([count * 16, count * 16]);
  });

  test('takes as much of the latent as it adds of noise: a level from U(0, 1) for each image', () => {
    const latentNoise = 0.5;
    const { scale, added } = drawn({ latentNoise });
    const levels = images.map((image) => 1 - (scale[16 * image] as number));
    expect(Math.min(...levels)).toBeLessThan(0.01);
    expect(Math.max(...levels)).toBeGreaterThan(0.99);
    expect(levels.reduce((sum, level) => sum + level, 0) / count).toBeCloseTo(0.5, 1);
    let [sum, squares] = [0, 0];
    for (const [at, value] of added.entries()) {
      const level = levels[Math.floor(at / 16)] as number;
      expect(scale[at]).toBe(Math.fround(1 - level));
      const noise = value / (level * latentNoise);
      sum += noise;
      squares += noise ** 2;
    }
    // Of N(0, 1), of which 64,000 were drawn.
    expect(Math.abs(sum / added.length)).toBeLessThan(0.02);
    expect(squares / added.length).toBeGreaterThan(0.97);
    expect(squares / added.length).toBeLessThan(1.03);
  });

  test('leaves some images whole, and of the others hides a share of positions', () => {
    const { scale, added } = drawn({ latentMask: 0.7 });
    const isHidden = (image: number, position: number) => scale[16 * image + 4 * position] === 0;
    expect(new Set(scale)).toEqual(new Set([0, 1]));
    expect(new Set(added)).toEqual(new Set([0]));
    // With m = max(0, U(-0.1, 0.7)): E[(1 - m)⁴] = (0.1 + (1 - 0.3⁵) / 5) / 0.8, and E[m⁴] = 0.7⁵ / 5 / 0.8.
    const whole = share((image) => [0, 1, 2, 3].every((position) => !isHidden(image, position)));
    const gone = share((image) => [0, 1, 2, 3].every((position) => isHidden(image, position)));
    expect(Math.abs(whole - (0.1 + (1 - 0.3 ** 5) / 5) / 0.8)).toBeLessThan(0.03);
    expect(Math.abs(gone - 0.7 ** 5 / 5 / 0.8)).toBeLessThan(0.015);
  });

  test('keeps the first one to four channels of its share of the images', () => {
    const { scale } = drawn({ channelPrefixShare: 0.4 });
    const kept = images.map((image) => [...scale.subarray(16 * image, 16 * image + 16)]);
    const isPrefix = (values: readonly number[], channels: number) =>
      values.every((value, at) => value === (at % 4 < channels ? 1 : 0));
    // A quarter of the share for each, beside the images that are whole anyway.
    for (const [channels, wanted] of [
      [1, 0.1],
      [2, 0.1],
      [3, 0.1],
      [4, 0.7],
    ] as const) {
      expect(Math.abs(share((image) => isPrefix(kept[image] as number[], channels)) - wanted)).toBeLessThan(0.02);
    }
  });
});
