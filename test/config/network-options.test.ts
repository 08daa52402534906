import { expect, test } from 'vitest';
import { resolveRunConfig, trainOptionsSchema } from '../../src/config/config.js';
import { parse } from '../../src/parse.js';

const resolved = (options: object) => resolveRunConfig('photos', parse(trainOptionsSchema, options, 'test'));

test('options of a network replace what its preset says, and nothing else', () => {
  const { model } = resolved({ preset: 'vector-vae', channels: [16, 32], normGroups: 8, latentFloats: 24 });
  const { model: preset } = resolved({ preset: 'vector-vae' });
  expect(model).toEqual({ ...preset, blockOutChannels: [16, 32], normNumGroups: 8, latentFloats: 24 });
  expect(resolved({ preset: 'kl-f4-tiny', latentChannels: 3 }).model).toMatchObject({ latentChannels: 3 });
  expect(resolved({ preset: 'pca', latentFloats: 7 }).model).toMatchObject({ latent: 'linear', latentFloats: 7 });
});

test.each([
  [
    'of a latent that the preset does not have',
    { preset: 'vector-vae', latentChannels: 3 },
    /preset vector-vae: .*latentChannels/,
  ],
  ['of layers for a model without any', { preset: 'pca', channels: [8] }, /preset pca: .*blockOutChannels/],
  ['of many scales for a crop that has one', { crop: 'center', cropScale: 0.5 }, /Got --crop-scale for a centre crop/],
  [
    'of a size that its levels do not divide',
    { preset: 'kl-f4-tiny', size: 50 },
    /--size 50, .* choose --size 48 or 52\.$/,
  ],
  ['of a size below one cell', { preset: 'kl-f8', size: 3 }, /wanted a multiple of 8, .* choose --size 8\.$/],
  ['of channels that are no number', { channels: ['a'] }, /channels\[0\]: got "a", wanted a number/],
  ['beside --from', { from: 'runs/a', channels: [8] }, /Got --channels for the network of --from/],
])('options %s are refused', (_, options, says) => {
  expect(() => resolved(options)).toThrow(says);
});
