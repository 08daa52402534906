/** Gradient checkpointing changes memory and time, and no number. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { attentionBlock, resnetBlock, upsample } from '../../src/autoencoder/blocks.js';
import { createTinyAutoencoder } from '../../src/autoencoder/tiny-autoencoder.js';
import { modelConfigSchema, type TinyModelConfig } from '../../src/config/config.js';
import type { Engine } from '../../src/engine/select.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import type { ImageFunction } from '../../src/nn/layers.js';
import { createParameterTree, type Parameters } from '../../src/nn/parameters.js';
import { normalTensor, useCpu, useOnnxRuntime } from '../engine/compare.js';

let engine: Engine;
afterEach(() => engine.dispose());

interface Network {
  readonly apply: ImageFunction;
  readonly parameters: Parameters;
}

/** [B, H, W, 8] -> [B, 2H, 2W, 16] */
function blocks(checkpointing: boolean): Network {
  const { scope, parameters } = createParameterTree((name, shape) => tf.mul(normalTensor(shape, name.length), 0.3));
  const options = { normGroups: 4, seed: 0, checkpointing };
  const layers = [
    resnetBlock(scope.child('first'), 8, 16, options),
    attentionBlock(scope.child('second'), 16, options),
    upsample(scope.child('third'), 16, options),
    resnetBlock(scope.child('fourth'), 16, 16, options),
  ];
  return { apply: (x) => layers.reduce((image, layer) => layer(image), x), parameters };
}

function tinyNetwork(checkpointing: boolean): Network {
  const config = modelConfigSchema.parse({
    latent: 'tiny',
    imageSize: 8,
    channels: 8,
    encoderBlocks: [1, 2],
    decoderBlocks: [2, 1],
    midBlockNorm: true,
    latentChannels: 4,
  }) as TinyModelConfig;
  const { parameters, encode, decode } = createTinyAutoencoder(config, { seed: 0 }, { checkpointing });
  const apply: ImageFunction = (x) => decode(encode(tf.slice4d(x, [0, 0, 0, 0], [-1, -1, -1, 3])).mean);
  return { apply, parameters };
}

/** The value of a loss, its gradient with respect to every parameter, and how many arrays wait for the gradients. */
function differentiated({ apply, parameters }: Network) {
  const x = normalTensor<tf.Tensor4D>([2, 8, 8, 8], 1);
  let arraysKept = 0;
  const { value, gradients } = gradientsOf(() => {
    const before = tf.memory().numDataBuffers;
    const y = apply(x);
    arraysKept = tf.memory().numDataBuffers - before;
    return tf.sum(tf.mul(tf.square(y), normalTensor(y.shape, 2)));
  }, parameters);
  const read = (tensor: tf.Tensor) => [...tensor.dataSync()];
  const numbers = {
    loss: read(value),
    ...Object.fromEntries([...gradients].map(([name, each]) => [name, read(each)])),
  };
  tf.dispose([x, value, ...gradients.values()]);
  return { numbers, arraysKept };
}

const engines = { onnxruntime: useOnnxRuntime, cpu: useCpu };
const networks = { blocks, 'a tiny autoencoder': tinyNetwork };
const cases = Object.entries(engines).flatMap(([name, open]) =>
  Object.entries(networks).map(([networkName, network]) => ({ name, open, networkName, network })),
);

describe('a checkpointed network', () => {
  it.each(cases)('has the same value and gradients on $name: $networkName', async ({ open, network }) => {
    engine = await open();
    const wanted = differentiated(network(false)).numbers;
    const got = differentiated(network(true)).numbers;
    expect(Object.keys(got).length).toBeGreaterThan(20);
    expect(got).toEqual(wanted);
  });

  it('keeps its inputs alone until the gradients are asked for', async () => {
    engine = await useCpu();
    // The four blocks' outputs, of which three are inputs of others.
    expect(differentiated(blocks(true)).arraysKept).toBe(4);
    expect(differentiated(blocks(false)).arraysKept).toBeGreaterThan(20);
  });

  it('leaves no tensor behind', async () => {
    engine = await useOnnxRuntime();
    const network = blocks(true);
    differentiated(network);
    const { numTensors } = tf.memory();
    differentiated(network);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
