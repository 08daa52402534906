import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasVectorLatent } from '../../src/config/config.js';
import { type OnnxSession, openOnnxSession } from '../../src/engine/onnx/run/onnx-session.js';
import { decoderToOnnx, encoderToOnnx, type ImageLayout } from '../../src/interop/onnx/autoencoder.js';
import { describeOnnxFile } from '../../src/interop/onnx/describe.js';
import { onnxNetworkOf } from '../../src/interop/onnx/network.js';
import { normals } from '../../src/random.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { expectClose, useDefaultEngine } from '../golden.js';
import { expectRefusedOrRead } from './damage.js';

const ldm = { latent: 'spatial', latentChannels: 2, normNumGroups: 4 };
const configs: Record<string, object> = {
  'with attention at a level': { ...ldm, blockOutChannels: [8, 16], attentionLevels: [1], layersPerBlock: 2 },
  'without attention and quant convolutions': {
    ...ldm,
    blockOutChannels: [4, 8, 8],
    midBlockAttention: false,
    useQuantConv: false,
    usePostQuantConv: false,
  },
  'with a stem': {
    ...ldm,
    stem: 4,
    blockOutChannels: [8, 12],
    encoderLayers: [1, 2],
    decoderLayers: [2, 1],
    midBlockAttention: false,
  },
  'with a stem and attention': {
    ...ldm,
    stem: 2,
    blockOutChannels: [8, 8, 16],
    attentionLevels: [1],
    layersPerBlock: 1,
  },
  'without variance': { ...ldm, blockOutChannels: [8, 16], posterior: 'deterministic' },
  'of codes': { ...ldm, blockOutChannels: [8, 16], posterior: 'quantized', codes: 7 },
  'of a vector without variance': {
    latent: 'vector',
    latentFloats: 5,
    imageSize: 16,
    blockOutChannels: [8, 16],
    normNumGroups: 4,
    posterior: 'deterministic',
  },
  'of a vector': { latent: 'vector', latentFloats: 5, imageSize: 16, blockOutChannels: [8, 16], normNumGroups: 4 },
  'of a vector, with a stem': {
    latent: 'vector',
    latentFloats: 5,
    imageSize: 16,
    stem: 4,
    blockOutChannels: [8, 8],
    normNumGroups: 4,
    midBlockAttention: false,
  },
  'of principal components': { latent: 'linear', latentFloats: 5, imageSize: 16 },
  'of TAEF2': {
    latent: 'tiny',
    channels: 8,
    latentChannels: 3,
    encoderBlocks: [1, 2],
    decoderBlocks: [2, 1],
    midBlockNorm: true,
  },
};

const openSizes = [
  [1, 16, 16],
  [3, 24, 40],
  [2, 8, 16],
] as const;
const fixedSizes = [
  [1, 16, 16],
  [3, 16, 16],
] as const;

beforeAll(useDefaultEngine);

function run(session: OnnxSession, name: string, x: tf.Tensor4D, layout: ImageLayout): Record<string, tf.Tensor> {
  const isTurned = layout === 'NCHW';
  const given = isTurned ? tf.transpose(x, [0, 3, 1, 2]) : x;
  const outputs = session.run({ [name]: { shape: given.shape, data: given.dataSync<'float32'>() } });
  return Object.fromEntries(
    Object.entries(outputs).map(([key, { shape, data }]) => {
      const output = tf.tensor(data, [...shape]);
      return [key, isTurned ? tf.transpose(output, [0, 2, 3, 1]) : output];
    }),
  );
}

describe.each(Object.entries(configs))('the ONNX files of an autoencoder %s', (_, input) => {
  it.each([{ layout: 'NCHW' }, { layout: 'NHWC', mostScores: 20 }] as const)(
    'compute what it computes, at every size (%j)',
    async (options) => {
      const { layout } = options;
      const model = randomAutoencoder(input);
      const network = await onnxNetworkOf(model);
      const [encoder, decoder] = [encoderToOnnx, decoderToOnnx].map((write) =>
        openOnnxSession(write(network, options), { threads: 1 }),
      ) as [OnnxSession, OnnxSession];
      expect([encoder.inputNames, encoder.outputNames]).toEqual([['image'], ['mean', 'logvar']]);
      expect([decoder.inputNames, decoder.outputNames]).toEqual([['latent'], ['image']]);
      for (const shape of hasVectorLatent(model.config) ? fixedSizes : openSizes) {
        tf.tidy(() => {
          const images = tf.tensor4d(normals(shape[0] * shape[1] * shape[2] * 3, 'images'), [
            shape[0],
            shape[1],
            shape[2],
            3,
          ]);
          const posterior = model.encode(images);
          const { mean, logvar } = run(encoder, 'image', images, layout);
          expectClose(mean as tf.Tensor, posterior.mean, 1e-4);
          expectClose(logvar as tf.Tensor, posterior.logvar, 1e-4);
          const { image } = run(decoder, 'latent', posterior.mean, layout);
          expectClose(image as tf.Tensor, model.decode(posterior.mean), 1e-4);
        });
      }
      encoder.dispose();
      decoder.dispose();
    },
  );
});

it('is never more than refused: 300 damaged ONNX files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-damage-'));
  const original = join(folder, 'decoder.onnx');
  await writeFile(original, decoderToOnnx(await onnxNetworkOf(randomAutoencoder(configs['of TAEF2'] as object))));
  const refused = await expectRefusedOrRead(original, join(folder, 'damaged.onnx'), 300, async (path) => {
    await describeOnnxFile(path);
  });
  await rm(folder, { recursive: true });
  expect(refused).toBeGreaterThan(50);
});
