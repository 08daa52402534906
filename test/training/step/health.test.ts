import { describe, expect, test } from 'vitest';
import { adversarialSchema } from '../../../src/config/config.js';
import { breakdownSentence, brokenMeasure, watchDiscriminator } from '../../../src/training/step/health.js';

describe('a value that is no finite number', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is named with the first term that it stands in', (broken) => {
    expect(brokenMeasure({ mse: 1, perceptual: broken, loss: Number.NaN })).toBe(`perceptual became ${broken}`);
  });

  test('may be one channel of many', () => {
    expect(brokenMeasure({ mse: 1, channelKl: [0, Number.NaN] })).toBe('channelKl became NaN');
    expect(brokenMeasure({ mse: 1, channelKl: [0, 1] })).toBeUndefined();
  });
});

describe('a training that broke down', () => {
  const facts = { step: 501, what: 'mse became NaN', soundSteps: 9, run: 'runs/a', learningRate: 0.001 };

  test.each([
    [
      'was sound',
      { savedStep: 250, keptStep: 250 },
      'The last state that computes, of step 250, is kept in runs/a: go on',
    ],
    [
      'has no sound state',
      { savedStep: 500, keptStep: null },
      'The state of step 500 computes no more, and there is none',
    ],
    ['has no state', { savedStep: null, keptStep: null }, 'before any state was saved: begin again with --resume'],
  ])('and %s is told how to go on, with a smaller learning rate', (_, states, says) => {
    const sentence = breakdownSentence({ ...facts, ...states });
    expect(sentence).toMatch(/^Step 501: mse became NaN/);
    expect(sentence).toContain(says);
    expect(sentence).toContain('--learning-rate 0.00025 (it was 0.001)');
  });

  test('after a single sound step has another cause than its first weights; the rate advised has two digits', () => {
    const states = { soundSteps: 1, savedStep: null, keptStep: null, learningRate: 0.0012345 };
    expect(breakdownSentence({ ...facts, ...states })).toContain(
      'begin again with --resume --learning-rate 0.00031 (it was 0.0012345)',
    );
  });

  test('with its first weights is not told of a learning rate', () => {
    const sentence = breakdownSentence({ ...facts, step: 1, soundSteps: 0, savedStep: null, keptStep: null });
    expect(sentence).toMatch(/very weights that the training began with/);
    expect(sentence).not.toContain('--learning-rate');
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

  test('is judged by the mean of its last 300 steps, counted from its first', () => {
    const told = warnings('hinge', (step) => (step < 50 ? undefined : 0.999));
    expect(told).toEqual([expect.stringContaining('the last 300 steps up to step 350 its loss was 0.999 of a blind')]);
    expect(warnings('hinge', () => 0.07)).toEqual([]);
  });

  test('that an objective lacks is not watched', () => {
    const watch = watchDiscriminator(null);
    expect(Array.from({ length: 400 }, (_, step) => watch({ discriminator: 1 }, step)).filter(Boolean)).toEqual([]);
  });
});
