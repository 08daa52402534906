import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { parameterShapes } from '../../src/autoencoder/parameter-shapes.js';
import { modelConfigSchema, presets } from '../../src/config/config.js';
import { toTorchShape } from '../../src/interop/layouts.js';

/** Names and shapes of Stable Diffusion's autoencoder, from diffusers' code. */
const keysPath = '../shared/autoencoderkl_f8_keys.txt';
const hasKeys = existsSync(keysPath);
if (!hasKeys) process.stdout.write(`Skipped what needs ${keysPath}, which is not here.\n`);

const config = modelConfigSchema.parse(presets['kl-f8'].model(512));
const shapes = parameterShapes((weights) => createAutoencoder(config, { weights }));

describe('kl-f8', () => {
  it('has as many parameters as Stable Diffusion’s autoencoder', () => {
    const sizes = [...shapes.values()].map((shape) => shape.reduce((product, size) => product * size, 1));
    expect(sizes).toHaveLength(248);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(83_653_863);
  });

  it.skipIf(!hasKeys)('has the names and shapes of a diffusers file', () => {
    const lines = readFileSync(keysPath, 'utf8').split('\n');
    const wanted = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t'));
    const got = [...shapes].map(([name, shape]) => [name, `[${toTorchShape(shape).join(', ')}]`]);
    expect(got.sort()).toEqual(wanted.sort());
  });
});
