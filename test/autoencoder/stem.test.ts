/** Networks with a stem against PyTorch (test/golden/stem/make.py), and the ways between their levels against DC-AE's. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { channelsToSpace, spaceToChannels } from '../../src/autoencoder/kl/stem-blocks.js';
import { downsamplingFactor, modelConfigSchema, presets } from '../../src/config/config.js';
import { pixelShuffle, pixelUnshuffle } from '../../src/engine/ops.js';
import { createParameterTree } from '../../src/nn/parameters.js';
import { normals } from '../../src/random.js';
import { expectClose, type Golden, openGolden, useDefaultEngine } from '../golden.js';

const config = modelConfigSchema.parse({
  latent: 'spatial',
  stem: 4,
  blockOutChannels: [8, 12],
  encoderLayers: [1, 2],
  decoderLayers: [2, 1],
  normNumGroups: 4,
  latentChannels: 2,
  midBlockAttention: false,
  useQuantConv: false,
  usePostQuantConv: false,
});

let golden: Golden;
beforeAll(async () => {
  await useDefaultEngine();
  golden = await openGolden('stem/io.safetensors');
});

describe('a network with a stem', () => {
  it('computes what PyTorch computes, values and gradients', () => {
    const model = createAutoencoder(config, { weights: golden.weights });
    const images = golden.images('images');
    const { mean, logvar } = model.encode(images);
    expectClose(mean, golden.images('mean'), 1e-5);
    expectClose(logvar, golden.images('logvar'), 1e-5);
    expectClose(model.decode(mean), golden.images('reconstruction'), 1e-5);

    const variables = [...model.parameters.values()];
    const weighting = golden.images('weighting');
    const loss = () => tf.sum(tf.mul(model.decode(model.encode(images).mean), weighting)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, variables);
    for (const [name, variable] of model.parameters) {
      expectClose(grads[variable.name] as tf.Tensor, golden.weight(`grad.${name}`), 1e-4);
    }
  });

  it.each(['fast-f8', 'fast-f8c16', 'fast-f4', 'fast-f16c32'] as const)('%s divides sides as its name says', (name) => {
    const factor = Number(/f(\d+)/.exec(name)?.[1]);
    expect(downsamplingFactor(modelConfigSchema.parse(presets[name].model(64)))).toBe(factor);
  });

  it.each([
    [{ encoderLayers: [1] }, 'one number for each of blockOutChannels'],
    [{ stem: undefined }, 'belong to a network with a stem'],
    [{ stem: 3 }, 'Invalid input'],
  ])('is refused with %o', (change, message) => {
    const result = modelConfigSchema.safeParse({ ...config, ...change });
    expect(result.success ? '' : result.error.message).toContain(message);
  });
});

describe('a way between two levels', () => {
  const image = (channels: number) => tf.tensor4d(normals(2 * 4 * 4 * channels, 'image'), [2, 4, 4, channels]);
  const options = { normGroups: 4, seed: 1, checkpointing: false };
  /** What a way adds to that of the random weights alone. */
  const shortcutOf = (build: typeof spaceToChannels, channels: readonly [number, number], x: tf.Tensor4D) => {
    const { scope, parameters } = createParameterTree();
    const way = build(scope, ...channels, options);
    const whole = way(x);
    const weight = parameters.get('conv.weight') as tf.Variable;
    const random = createParameterTree((name, shape) =>
      name === 'conv.weight' ? tf.sub(weight, meansOf(shape, build)) : tf.zeros([...shape]),
    );
    return tf.sub(whole, build(random.scope, ...channels, options)(x)) as tf.Tensor4D;
  };
  /** [1, 1, in, out] of the shortcut: equal shares of consecutive inputs, or consecutive copies. */
  const meansOf = ([, , inputs, outputs]: readonly number[], build: unknown) => {
    const [wide, narrow] = [inputs as number, outputs as number];
    const values = tf.buffer([1, 1, wide, narrow]);
    for (let input = 0; input < wide; input++) {
      for (let output = 0; output < narrow; output++) {
        const group = build === spaceToChannels ? Math.floor((input * narrow) / wide) === output : undefined;
        const copy = Math.floor((output * wide) / narrow) === input;
        values.set(group === undefined ? Number(copy) : group ? narrow / wide : 0, 0, 0, input, output);
      }
    }
    return values.toTensor();
  };

  it('begins with the means of groups of channels on the way down (DC-AE, section 3.2)', () => {
    const x = image(8);
    const squares = tf.reshape(pixelUnshuffle(x, 2), [2, 2, 2, 16, 2]); // 32 channels in 16 groups
    expectClose(shortcutOf(spaceToChannels, [8, 16], x), tf.mean(squares, -1), 1e-5);
  });

  it('begins with copies of channels on the way up', () => {
    const x = image(16);
    const copies = tf.reshape(tf.tile(tf.expandDims(x, -1), [1, 1, 1, 1, 2]), [2, 4, 4, 32]);
    expectClose(shortcutOf(channelsToSpace, [16, 8], x), pixelShuffle(copies as tf.Tensor4D, 2), 1e-5);
  });
});
