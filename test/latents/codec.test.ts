import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { latentDecoder, latentEncoder } from '../../src/latents/codec.js';
import { normals } from '../../src/random.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

const session = { engine: 'onnxruntime', device: 'cpu', threads: 1 } as const;
const fingerprint = { name: 'model', sha256: '0'.repeat(64) };
const config = {
  latent: 'spatial',
  blockOutChannels: [16, 16, 32],
  normNumGroups: 8,
  latentChannels: 3,
  scalingFactor: 0.5,
};

beforeAll(useDefaultEngine);

function expectEqual(actual: Float32Array, wanted: Float32Array) {
  expect(actual.length).toBe(wanted.length);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = wanted.reduce((most, value, index) => Math.max(most, Math.abs(value - (actual[index] ?? 1e9))), 0);
  expect(difference).toBeLessThan(1e-4 * largest);
}

describe('a finished model as a session', () => {
  const model = () => randomAutoencoder(config);

  it('encodes and decodes as the tensor library does, at any size', async () => {
    const network = model();
    const [fast, plain] = [session, undefined].map((engine) => latentEncoder(network, fingerprint, engine));
    const [fastBack, plainBack] = [session, undefined].map((engine) => latentDecoder(network, fingerprint, engine));
    expect(fast?.scaling).toEqual({ factor: 0.5, shift: 0 });
    for (const [batch, height, width] of [
      [2, 16, 16],
      [3, 8, 20],
    ] as const) {
      const images = normals(batch * height * width * 3, 'codec');
      const wanted = (await plain?.encodeBatch(images, batch, height, width)) as {
        mean: Float32Array;
        logvar: Float32Array;
      };
      const posterior = (await fast?.encodeBatch(images, batch, height, width)) as typeof wanted;
      expectEqual(posterior.mean, wanted.mean);
      expectEqual(posterior.logvar, wanted.logvar);
      const shape = [batch, height / 4, width / 4, 3] as const;
      const decoded = (await fastBack?.decodeBatch(wanted.mean, shape)) as Float32Array;
      expectEqual(decoded, (await plainBack?.decodeBatch(wanted.mean, shape)) as Float32Array);
    }
  });

  it('refuses what the network refuses', async () => {
    const encoder = latentEncoder(model(), fingerprint, session);
    await expect(encoder.encodeBatch(new Float32Array(0), 1, 18, 16)).rejects.toThrow(
      /18×16 px, wanted multiples of 4/,
    );
    const decoder = latentDecoder(model(), fingerprint, session);
    await expect(decoder.decodeBatch(new Float32Array(0), [1, 2, 2, 4])).rejects.toThrow(UserError);
  });
});
