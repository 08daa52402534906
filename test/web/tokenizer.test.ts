import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { toBytes } from '../../src/data/pictures/values/pixels.js';
import { syntheticImage } from '../../src/data/synthetic/picture.js';
import { decoderToOnnx, encoderToOnnx } from '../../src/interop/onnx/autoencoder.js';
import { onnxNetworkOf } from '../../src/interop/onnx/network.js';
import { readTokenizerFacts } from '../../src/web/tokenizer/facts.js';
import type { OnnxRuntime } from '../../src/web/tokenizer/onnx-runtime.js';
import { openTokenizer, type TokenizerFiles } from '../../src/web/tokenizer/tokenizer.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

const grid = { latent: 'spatial', latentChannels: 2, normNumGroups: 4, blockOutChannels: [8, 16] };
const vector = { latent: 'vector', latentFloats: 6, imageSize: 16, blockOutChannels: [8, 16], normNumGroups: 4 };
const runtime = ort as unknown as OnnxRuntime;

beforeAll(useDefaultEngine);

async function exported(config: object): Promise<TokenizerFiles> {
  const network = await onnxNetworkOf(randomAutoencoder(config));
  return { encoder: encoderToOnnx(network), decoder: decoderToOnnx(network) };
}

describe('a tokenizer opened from its files', () => {
  it.each([
    ['a grid', grid, [2, 8, 8]],
    ['a vector', vector, [6, 1, 1]],
  ] as const)('is the model that was exported: %s', async (_, config, shape) => {
    const model = randomAutoencoder(config);
    const tokenizer = await openTokenizer(runtime, await exported(config));
    const picture = { pixels: syntheticImage('textures', 3, 16), width: 16, height: 16 };
    const encoded = await tokenizer.encode(picture);
    const decoded = await tokenizer.decode(encoded.mean, encoded);
    await tokenizer.dispose();
    expect([encoded.channels, encoded.height, encoded.width]).toEqual(shape);
    const wanted = tf.tidy(() => {
      const images = tf.tensor4d(
        Float32Array.from(picture.pixels, (value) => value / 127.5 - 1),
        [1, 16, 16, 3],
      );
      const { mean } = model.encode(images);
      return { mean: tf.transpose(mean, [0, 3, 1, 2]).dataSync(), image: model.decode(mean).dataSync() };
    });
    const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
    expect(apart(encoded.mean, wanted.mean)).toBeLessThan(1e-4);
    expect(apart(decoded.pixels, toBytes(wanted.image as Float32Array))).toBeLessThanOrEqual(1);
  });

  it('tells from its files what pictures it takes', async () => {
    const { encoder, decoder } = await exported(vector);
    const { latent, part } = readTokenizerFacts(encoder, 'file');
    expect(part).toBe('encoder');
    expect(readTokenizerFacts(decoder, 'file').part).toBe('decoder');
    expect(latent).toMatchObject({ kind: 'vector', channels: 6, imageSize: 16, imageChannels: 3 });
  });

  it('refuses in one sentence what is none', async () => {
    const { encoder, decoder } = await exported(grid);
    const open = (files: TokenizerFiles) => openTokenizer(runtime, files, { name: 'mine' });
    await expect(open({ encoder: decoder, decoder: encoder })).rejects.toThrow('swap the two');
    await expect(open({ encoder: new Uint8Array([255, 255, 255]), decoder })).rejects.toThrow('is not an ONNX file');
    await expect(open({ encoder: new Uint8Array(0), decoder })).rejects.toThrow('The encoder of mine is no tokenizer');
    await expect(open({ encoder: encoder.subarray(0, 4000), decoder })).rejects.toThrow();
    const tokenizer = await open({ encoder, decoder });
    const odd = { pixels: new Uint8Array(15 * 16 * 3), width: 15, height: 16 };
    await expect(tokenizer.encode(odd)).rejects.toThrow('wanted multiples of 2');
    await expect(tokenizer.decode(new Float32Array(4), { channels: 4, height: 1, width: 1 })).rejects.toThrow(
      'channels',
    );
    await tokenizer.dispose();
  });
});
