import { describe, expect, test } from 'vitest';
import {
  objectiveOptionsSchema,
  objectives,
  resolveObjective,
  resolveRunConfig,
  trainOptionsSchema,
} from '../../src/config/config.js';
import { parse } from '../../src/parse.js';

const resolved = (name: keyof typeof objectives, options: object) =>
  resolveObjective(name, objectiveOptionsSchema.parse(options));

describe('an objective without changes', () => {
  test.each(Object.keys(objectives) as (keyof typeof objectives)[])('%s is itself', (name) => {
    expect(resolved(name, {})).toEqual(objectives[name]);
  });
});

describe('changes', () => {
  test('any reconstruction loss on any model: the vanilla VAE with all three terms', () => {
    const { adversarial, perceptual, ...others } = resolved('vanilla', {
      perceptual: 'builtin',
      adversarialWeight: 0.4,
    });
    expect(others).toMatchObject({ reconstruction: 'mse', reconstructionWeight: 2, klWeight: 1 });
    expect(perceptual).toEqual({ kind: 'builtin', weight: 0.1, rampSteps: 0 });
    expect(adversarial).toMatchObject({ weight: 0.4, adaptive: true, loss: 'hinge' });
  });

  test('replace single values and leave the others', () => {
    const changed = resolved('ldm', { adversarialStart: 10, discriminatorNorm: 'none', adversarialFixed: true });
    const adversarial = { ...objectives.ldm.adversarial, startStep: 10, norm: 'none', adaptive: false };
    expect(changed).toEqual({ ...objectives.ldm, adversarial });
    expect(resolved('ldm', { perceptualWeight: 0.5 }).perceptual).toMatchObject({ kind: 'lpips-vgg', weight: 0.5 });
  });

  test('switch terms off', () => {
    expect(resolved('default', { perceptual: 'none', adversarialWeight: 0 })).toEqual(objectives.mse);
    expect(resolved('default', { perceptualWeight: 0 }).perceptual).toBeNull();
  });

  test.each([
    {
      name: 'mse',
      options: { adversarialStart: 3 },
      says: /--adversarial-start, but .* no adversarial term: add --adversarial-weight/,
    },
    { name: 'mse', options: { adversarialFixed: true }, says: /--adversarial-fixed/ },
    { name: 'default', options: { adversarialWeight: 0, lecamWeight: 1 }, says: /--lecam-weight/ },
    {
      name: 'ldm',
      options: { perceptual: 'none', perceptualRampSteps: 3 },
      says: /--perceptual-ramp-steps.* add --perceptual-weight/,
    },
  ] as const)('of a term that is off are refused: $options', ({ name, options, says }) => {
    expect(() => resolved(name, options)).toThrow(says);
  });
});

test('a step’s images must divide into its parts', () => {
  const options = parse(trainOptionsSchema, { batch: 6, accumulate: 4 }, 'test');
  expect(() => resolveRunConfig('.', options)).toThrow(/batch of 6 in 4 parts/);
});
