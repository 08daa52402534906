import { describe, expect, test } from 'vitest';
import { adversarialSchema } from '../../../src/config/config.js';
import { assertFinite, watchDiscriminator } from '../../../src/training/step/health.js';

describe('a value that is no finite number', () => {
  const check = (report: Parameters<typeof assertFinite>[0]) => () => assertFinite(report, 7, 'All is kept');

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s stops the run and names the term and the step', (broken) => {
    const says = new RegExp(`^Step 7: perceptual became ${broken}\\. All is kept`);
    expect(check({ mse: 1, perceptual: broken, loss: Number.NaN })).toThrow(says);
  });

  test('may be one channel of many', () => {
    expect(check({ mse: 1, channelKl: [0, Number.NaN] })).toThrow(/channelKl became NaN/);
    expect(check({ mse: 1, channelKl: [0, 1] })).not.toThrow();
  });
});

describe('the discriminator', () => {
  const warnings = (loss: 'hinge' | 'vanilla', lossAt: (step: number) => number | undefined, steps = 1000) => {
    const watch = watchDiscriminator(adversarialSchema.parse({ loss }));
    return Array.from({ length: steps }, (_, step) => {
      const discriminator = lossAt(step);
      return watch({ mse: 1, ...(discriminator !== undefined && { discriminator }) }, step);
    }).filter((warning) => warning !== undefined);
  };

  test.each([
    { loss: 'hinge', value: 0.999 },
    { loss: 'vanilla', value: Math.LN2 },
  ] as const)('that stays at the $loss loss of a blind one is told of, once', ({ loss, value }) => {
    expect(warnings(loss, () => value)).toEqual([expect.stringMatching(/has learned nothing.*step 300/)]);
  });

  test('that wins without fail is told of', () => {
    expect(warnings('hinge', () => 0.01)).toEqual([expect.stringMatching(/has won/)]);
  });

  test('that learns, has only just begun or does not train yet is not', () => {
    expect(warnings('hinge', () => 0.8)).toEqual([]);
    expect(warnings('hinge', () => 1, 300)).toEqual([]);
    expect(warnings('hinge', () => undefined)).toEqual([]);
    expect(warnings('hinge', (step) => (step % 2 === 0 ? 0.3 : 1.1))).toEqual([]);
  });
});
