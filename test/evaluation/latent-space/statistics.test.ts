import { describe, expect, test } from 'vitest';
import { imageClasses } from '../../../src/evaluation/latent-space/image-classes.js';
import { latentStatistics } from '../../../src/evaluation/latent-space/statistics.js';
import { normals } from '../../../src/random.js';
import { statisticsSentence } from '../../../src/report/page/sections/latent-scatter.js';

const count = 40;
const classes = Array.from({ length: count }, (_, index) => index % 2);
/** Three floats: one tells the class, one is noise, one is silent. */
const mean = Float32Array.from({ length: 3 * count }, (_, at) => {
  const index = Math.floor(at / 3);
  return [classes[index]! * 20, normals(1, 'noise', index)[0]!, 0.01][at % 3]!;
});
const encoded = { mean, logvar: new Float32Array(3 * count), shape: [1, 1, 3] as const, isDeterministic: false };

describe('the statistics of a latent space', () => {
  const statistics = latentStatistics(encoded, classes);

  test('count the numbers that vary, and the nats that they cost', () => {
    expect(statistics.floats).toBe(3);
    expect(statistics.activeFloats).toBe(2);
    // With a variance of one the divergence is half the squared mean.
    const squares = mean.reduce((sum, value) => sum + value ** 2, 0);
    expect(statistics.klNats).toBeCloseTo(squares / 2 / count, 3);
    expect(statistics.meanSize).toBeCloseTo(Math.sqrt(squares / (3 * count)), 5);
  });

  test('find neighbours of the same class, and say how many there would be by chance', () => {
    expect(statistics.neighboursOfClass).toBe(1);
    expect(statistics.neighboursByChance).toBeCloseTo(19 / 39, 12);
    const mixed = latentStatistics(
      encoded,
      classes.map((_, index) => Number(index >= 20)),
    );
    expect(mixed.neighboursOfClass).toBeGreaterThan(0.3);
    expect(mixed.neighboursOfClass).toBeLessThan(0.7);
  });

  test('of a point have no divergence, of a single class no neighbours, of a collapsed posterior nothing active', () => {
    const point = latentStatistics(
      { ...encoded, isDeterministic: true },
      classes.map(() => 0),
    );
    expect(point).toMatchObject({ klNats: null, neighboursOfClass: null, neighboursByChance: null });
    const collapsed = latentStatistics({ ...encoded, mean: mean.map(() => 0) }, classes);
    expect(collapsed).toMatchObject({ klNats: 0, activeFloats: 0 });
    expect(statisticsSentence(collapsed)).toMatch(/^The posterior has collapsed: none of 3 numbers.*KL 0.00 nats/);
    expect(statisticsSentence(point)).toMatch(/2 of 3 numbers tell.*without a KL term/);
  });
});

describe('image classes', () => {
  test('are whole labels, or first folders where those are too many, sorted', () => {
    expect(imageClasses(['b', 'a/x', 'b'])).toEqual({ names: ['a/x', 'b'], ofImage: [1, 0, 1] });
    const deep = Array.from({ length: 24 }, (_, index) => `${['one', 'two', 'three'][index % 3]}/${index}`);
    expect(imageClasses(deep)).toMatchObject({ names: ['one', 'three', 'two'] });
  });

  test('are at most ten: the rest goes together, last', () => {
    const labels = Array.from({ length: 60 }, (_, index) => `top/${index % 2 === 0 ? index % 16 : index}`);
    const { names, ofImage } = imageClasses(labels);
    expect(names).toHaveLength(10);
    expect(names.at(-1)).toBe('others');
    expect(names).toContain('top/14');
    expect(ofImage[1]).toBeLessThan(10);
    expect(names[ofImage[59]!]).toBe('others');
  });

  test('of images outside any folder are one', () => {
    expect(imageClasses([undefined, undefined])).toEqual({ names: ['unlabelled'], ofImage: [0, 0] });
  });
});
