import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adversarialSchema } from '../../src/config/config.js';
import { createAdversary } from '../../src/losses/adversarial/adversary.js';
import type { Discriminator } from '../../src/losses/adversarial/discriminator.js';
import { useCpu } from '../engine/compare.js';

beforeAll(useCpu);

/** Its logits are what it sees. */
const discriminator: Discriminator = {
  config: { inChannels: 1, layers: 1, width: 1, norm: 'none' },
  parameters: new Map(),
  logits: (x) => tf.clone(x),
};
const [real, fake] = [
  [2, 0.5],
  [-3, 1],
];
const values = (loss: 'hinge' | 'vanilla', lecamWeight: number) => {
  const adversary = createAdversary(adversarialSchema.parse({ loss, lecamWeight }), discriminator);
  const images = (logits: number[] = []) => tf.tensor4d(logits, [1, 1, 2, 1]);
  let terms: Record<string, tf.Scalar> = {};
  const total = tf.tidy(() => {
    const value = adversary.discriminatorLoss(images(real), images(fake));
    terms = value.terms;
    return value.total;
  });
  const read = (scalar: tf.Scalar) => scalar.dataSync()[0] as number;
  const generator = read(adversary.generatorLoss(images(fake)));
  // What a tidy disposed of could not be read.
  return {
    total: read(total),
    generator,
    lecam: adversary.lecam,
    terms: Object.entries(terms).map(([n, t]) => [n, read(t)]),
  };
};

describe('the opponent', () => {
  test('lowers the hinge loss, and tells of mean logits and of patches that it is sure of', () => {
    const { total, terms, generator, lecam } = values('hinge', 0);
    // ½ (mean relu(1 - real) + mean relu(1 + fake)) of Lim & Ye, arXiv 1705.02894.
    expect(total).toBeCloseTo((0.5 / 2 + 2 / 2) / 2, 6);
    expect(generator).toBeCloseTo(1, 6);
    expect(lecam).toBeNull();
    expect(Object.fromEntries(terms)).toEqual({
      discriminator: total,
      logitsReal: 1.25,
      logitsFake: -1,
      saturatedShare: 0.5,
    });
  });

  test('has no share of sure patches where no loss ends at them', () => {
    expect(values('vanilla', 0).terms.map(([name]) => name)).toEqual(['discriminator', 'logitsReal', 'logitsFake']);
  });

  test('minds the distance to the averages by its weight', () => {
    const { total, terms, lecam } = values('hinge', 0.25);
    // The averages start at zero: mean relu(real)² + mean relu(-fake)².
    const penalty = (2 ** 2 + 0.5 ** 2) / 2 + 3 ** 2 / 2;
    expect(lecam).not.toBeNull();
    expect(Object.fromEntries(terms).lecam).toBeCloseTo(penalty, 6);
    expect(total).toBeCloseTo(0.625 + 0.25 * penalty, 6);
  });
});
