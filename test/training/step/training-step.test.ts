import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import type { NetworkOptions } from '../../../src/autoencoder/blocks.js';
import {
  adversarialSchema,
  modelConfigSchema,
  type ObjectiveConfig,
  objectives,
  regularizersSchema,
} from '../../../src/config/config.js';
import { findImages } from '../../../src/data/images.js';
import { writeSyntheticImages } from '../../../src/data/synthetic/write.js';
import { type Engine, selectEngine } from '../../../src/engine/select.js';
import { createDiscriminator } from '../../../src/losses/adversarial/discriminator.js';
import { createObjective } from '../../../src/losses/objective.js';
import { createPerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { normals } from '../../../src/random.js';
import { accumulateGradients, computeGradients, type MicroBatch } from '../../../src/training/step/gradients.js';
import {
  createTrainingState,
  restoreTrainingState,
  saveTrainingState,
  type TrainingState,
  tensorGroups,
} from '../../../src/training/step/state.js';
import type { StepReport } from '../../../src/training/step/step-report.js';
import { trainingStep } from '../../../src/training/step/training-step.js';
import { validate } from '../../../src/training/validation.js';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
});

const size = 32;
const batch = 4;
const modelConfig = modelConfigSchema.parse({
  latent: 'spatial',
  imageSize: size,
  blockOutChannels: [8, 16],
  latentChannels: 2,
  normNumGroups: 4,
  midBlockAttention: false,
});
const adversarial = adversarialSchema.parse({
  startStep: 1,
  warmupSteps: 0,
  layers: 1,
  width: 8,
  learningRateRatio: 1,
});
const everything: ObjectiveConfig = {
  ...objectives.mse,
  klWeight: 1e-3,
  perceptual: { kind: 'builtin', weight: 0.5, rampSteps: 0 },
  adversarial: { ...adversarial, lecamWeight: 0.1 },
  learnedLogvar: true,
};

/** The same objective starts from the same weights every time. */
function newState(
  config: ObjectiveConfig,
  options: NetworkOptions = {},
  stateOptions: { decoderOnly?: boolean } = {},
): TrainingState {
  const weights = (name: string, shape: readonly number[]) =>
    tf.tensor(
      normals(tf.util.sizeFromShape([...shape]), name).map((draw) => draw / 10),
      [...shape],
    );
  const objective = createObjective(config, {
    perceptual: config.perceptual ? createPerceptualLoss('builtin', weights) : undefined,
    discriminator: config.adversarial
      ? createDiscriminator({ ...config.adversarial, inChannels: 3 }, { seed: 1 })
      : undefined,
  });
  return createTrainingState(createAutoencoder(modelConfig, { seed: 2 }, options), objective, {
    emaDecay: 0.9,
    ...stateOptions,
  });
}

/** `count` images of `step` with their noise, from image `first` on. */
function part(step: number, first = 0, count = batch): MicroBatch {
  const draws = (shape: [number, number, number], ...key: string[]) => {
    const length = tf.util.sizeFromShape(shape);
    const all = normals(batch * length, ...key, step).map((draw) => draw / 2);
    return tf.tensor4d(all.slice(first * length, (first + count) * length), [count, ...shape]);
  };
  return { images: draws([size, size, 3], 'images'), noise: draws([size / 2, size / 2, 2], 'noise') };
}

async function train(state: TrainingState, steps: number): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for (let done = 0; done < steps; done++) {
    const step = state.step + 1;
    reports.push(await trainingStep(state, { microBatches: [part(step)], step, learningRate: 1e-3, gradientClip: 1 }));
    state.step = step;
  }
  return reports;
}

/** The bytes of the tensors of some groups, or of all. */
function snapshot(state: TrainingState, ...wanted: string[]): Record<string, Float32Array> {
  const groups = Object.entries(tensorGroups(state)).filter(([group]) => wanted.length === 0 || wanted.includes(group));
  const tensors = groups.flatMap(([group, parameters]) =>
    [...parameters].map(([name, variable]) => [`${group}/${name}`, variable.dataSync<'float32'>().slice()] as const),
  );
  return Object.fromEntries(tensors);
}

const autoencoderGroups = ['model', 'average', 'adam.first', 'adam.second'];
const discriminatorGroups = ['discriminator', 'discriminator.adam.first', 'discriminator.adam.second'];

describe('the two players', () => {
  test('training the discriminator leaves every parameter and moment of the autoencoder as it is without one', async () => {
    const alone = newState({ ...everything, adversarial: null });
    const watched = newState({ ...everything, adversarial: { ...adversarial, startStep: 10, warmupSteps: 10 } });
    const before = snapshot(watched, ...discriminatorGroups);
    await train(alone, 3);
    await train(watched, 3);
    expect(snapshot(watched, ...autoencoderGroups)).toEqual(snapshot(alone, ...autoencoderGroups));
    expect(snapshot(watched, ...discriminatorGroups)).not.toEqual(before);
  });

  test('the autoencoder’s pass through the discriminator leaves every parameter and moment of it untouched', async () => {
    const apart = newState({ ...everything, adversarial: { ...adversarial, startStep: 2, warmupSteps: 1 } });
    const together = newState({ ...everything, adversarial });
    await train(apart, 1);
    await train(together, 1);
    expect(snapshot(together, ...discriminatorGroups)).toEqual(snapshot(apart, ...discriminatorGroups));
    expect(snapshot(together, 'model')).not.toEqual(snapshot(apart, 'model'));
  });

  test('before its first step the discriminator does not change', async () => {
    const state = newState({ ...everything, adversarial: { ...adversarial, startStep: 10, warmupSteps: 2 } });
    const before = snapshot(state, ...discriminatorGroups);
    const reports = await train(state, 2);
    expect(snapshot(state, ...discriminatorGroups)).toEqual(before);
    expect(reports.flatMap(Object.keys)).not.toContain('discriminator');
  });

  test('the log tells of both', async () => {
    const [report] = await train(newState(everything), 1);
    const scalars = ['mse', 'perceptual', 'kl', 'logvar', 'adversarial', 'adaptiveWeight', 'loss', 'gradientNorm'];
    const ofDiscriminator = ['discriminator', 'logitsReal', 'logitsFake', 'saturatedShare', 'lecam'];
    for (const name of [...scalars, ...ofDiscriminator, 'discriminatorGradientNorm']) {
      expect(report?.[name], name).toEqual(expect.any(Number));
    }
    expect(report?.channelKl).toHaveLength(2);
    expect(report?.channelStd).toHaveLength(2);
  });
});

describe('gradients of single terms', () => {
  const nothing: ObjectiveConfig = { ...objectives.mse, reconstructionWeight: 0, klWeight: 0 };
  const fixed = { ...adversarial, adaptive: false };
  const terms: Record<string, Partial<ObjectiveConfig>> = {
    mse: { reconstructionWeight: 1 },
    l1: { reconstruction: 'l1', reconstructionWeight: 1 },
    perceptual: { perceptual: { kind: 'builtin', weight: 1, rampSteps: 0 } },
    'adversarial, hinge': { adversarial: fixed },
    'adversarial, vanilla': { adversarial: { ...fixed, loss: 'vanilla' } },
  };
  const normAt = (config: ObjectiveConfig, name: string) => {
    const { autoencoder } = computeGradients(newState(config), part(1), 1);
    return tf.norm(autoencoder[name] as tf.Tensor).dataSync()[0];
  };
  const lastLayer = 'decoder.conv_out.weight';

  test.each(Object.entries(terms))('%s alone reaches the decoder’s last layer', (_name, term) => {
    expect(normAt({ ...nothing, ...term }, lastLayer)).toBeGreaterThan(0);
  });

  test('no term, no gradient; KL reaches the encoder alone', () => {
    expect(normAt(nothing, lastLayer)).toBe(0);
    expect(normAt({ ...nothing, klWeight: 1 }, lastLayer)).toBe(0);
    expect(normAt({ ...nothing, klWeight: 1 }, 'encoder.conv_in.weight')).toBeGreaterThan(0);
  });

  test('a balanced adversarial term has the given share of the reconstruction’s gradient', () => {
    const share = 0.5;
    const config = { ...nothing, reconstructionWeight: 1, adversarial: { ...adversarial, weight: share } };
    const gradientOf = (changes: Partial<ObjectiveConfig>) =>
      computeGradients(newState({ ...config, ...changes }), part(1), 1).autoencoder[lastLayer] as tf.Tensor;
    const plain = gradientOf({ adversarial: null });
    const added = tf.norm(tf.sub(gradientOf({}), plain)).dataSync()[0] as number;
    // 1e-4 beside the adversarial gradient's norm makes it a little less than the weight.
    expect(added / (tf.norm(plain).dataSync()[0] as number)).toBeGreaterThan(0.9 * share);
    expect(added / (tf.norm(plain).dataSync()[0] as number)).toBeLessThan(1.0002 * share);
  });
});

describe('accumulation', () => {
  const differences = async (norm: 'group' | 'none' | 'batch', parts: number) => {
    const state = newState({ ...everything, adversarial: { ...adversarial, norm, adaptive: false, lecamWeight: 0.1 } });
    const count = batch / parts;
    const whole = await accumulateGradients(state, [part(1)], 1);
    const pieces = Array.from({ length: parts }, (_, index) => part(1, index * count, count));
    const summed = await accumulateGradients(state, pieces, 1);
    const lengthOf = (tensors: tf.Tensor[]) => Math.hypot(...tensors.map((x) => tf.norm(x).dataSync()[0] as number));
    return (['autoencoder', 'discriminator', 'measures'] as const).map((group) => {
      const names = Object.keys(whole[group]);
      const [wanted, got] = [whole, summed].map((passes) => names.map((name) => passes[group][name] as tf.Tensor));
      const errors = wanted?.map((tensor, index) => tf.sub(got?.[index] as tf.Tensor, tensor)) ?? [];
      return lengthOf(errors) / lengthOf(wanted ?? []);
    });
  };

  test.each(['group', 'none'] as const)('in 2 and 4 parts equals one large batch, norm %s', async (norm) => {
    for (const parts of [2, 4]) expect(Math.max(...(await differences(norm, parts)))).toBeLessThan(1e-4);
  });

  test('differs with batch normalisation, which sees each part by itself', async () => {
    expect(Math.max(...(await differences('batch', 2)))).toBeGreaterThan(1e-2);
  });
});

describe('state', () => {
  test('what is saved and restored goes on bit for bit: both optimizers, averages, discriminator, LeCAM, log-variance', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'latent-vae-test-')), 'checkpoint.safetensors');
    const state = newState(everything);
    await train(state, 3);
    await saveTrainingState(path, state);
    const restored = newState(everything);
    await restoreTrainingState(path, restored);
    expect(snapshot(restored)).toEqual(snapshot(state));
    expect(Object.keys(snapshot(state))).toEqual(
      expect.arrayContaining(['objective/logvar', 'lecam/real', 'discriminator.adam.second/main.0.weight']),
    );
    expect(await train(restored, 2)).toEqual(await train(state, 2));
    expect(snapshot(restored)).toEqual(snapshot(state));
    expect(restored.discriminatorAdam?.state.updates).toBe(5);
  });

  test('evaluation changes nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latent-vae-test-'));
    await writeSyntheticImages(join(folder, 'images'), { images: 3, size, seed: 1 });
    const files = await findImages(join(folder, 'images'));
    const state = newState(everything);
    await train(state, 2);
    const before = snapshot(state);
    const options = { size, batch, accumulate: 1, maxPixels: 1e6 };
    await state.average.applied(() => validate(state.model, files, options, join(folder, 'samples.png')));
    expect(snapshot(state)).toEqual(before);
  });

  test('a step leaks no tensor', async () => {
    const state = newState(everything);
    await train(state, 1);
    const before = tf.memory().numTensors;
    await train(state, 2);
    // The parts of two steps, which belong to this test.
    expect(tf.memory().numTensors - before).toBe(4);
  });
});

test('repeated steps equal traced ones bit for bit, through phases and evaluations', async () => {
  const config = { ...everything, adversarial: { ...adversarial, lecamWeight: 0.1, startStep: 6, warmupSteps: 1 } };
  let traces = 0;
  const state = newState(config);
  const repeated: TrainingState = {
    ...state,
    repeat: (call, compute) =>
      state.repeat(call, () => {
        traces++;
        return compute();
      }),
  };
  const traced: TrainingState = { ...newState(config), repeat: (_call, compute) => tf.tidy(compute) };
  for (const steps of [5, 6]) {
    expect(await train(repeated, steps)).toEqual(await train(traced, steps));
    expect(snapshot(repeated)).toEqual(snapshot(traced));
    await repeated.average.applied(async () => engine.flush());
  }
  // Three before the discriminator joins, one while it trains alone, and two or three of both.
  expect(traces).toBeLessThanOrEqual(7);
});

test('each phase compiles once', async () => {
  const state = newState({ ...everything, adversarial: { ...adversarial, startStep: 7, warmupSteps: 3 } });
  engine.flush();
  const compiles: number[] = [];
  for (let step = 0; step < 9; step++) {
    await train(state, 1);
    compiles.push(engine.statistics().compiles);
  }
  const [first = 0] = compiles;
  expect(compiles.map((count) => count - first)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
});

test('gradient checkpointing changes no bit of a training', async () => {
  const wanted = newState(everything);
  const got = newState(everything, { checkpointing: true });
  expect(await train(got, 4)).toEqual(await train(wanted, 4));
  expect(snapshot(got)).toEqual(snapshot(wanted));
});

describe('for the sake of diffusion', () => {
  const regularizers = regularizersSchema.parse({ equivarianceWeight: 0.5, varianceExpansionWeight: 1e-4 });

  test('a decoder trained alone leaves its encoder as it is, bit for bit', async () => {
    const state = newState({ ...everything, regularizers }, {}, { decoderOnly: true });
    const before = snapshot(state, 'model', 'average');
    await train(state, 3);
    const after = snapshot(state, 'model', 'average');
    for (const [name, values] of Object.entries(before)) {
      const isOfEncoder = /\/(encoder|quant_conv)\./.test(name);
      if (isOfEncoder) expect(after[name], name).toEqual(values);
    }
    expect(after['model/decoder.conv_in.weight']).not.toEqual(before['model/decoder.conv_in.weight']);
    expect(Object.keys(before).some((name) => name.startsWith('model/quant_conv'))).toBe(true);
  });

  test('gradients of what is hidden from the decoder are zero in the encoder', () => {
    const state = newState({ ...objectives.mse, klWeight: 0 });
    const hidden = (channels: number) => {
      const kept = tf.tensor1d([1, channels > 1 ? 1 : 0]);
      return tf.mul(tf.ones([batch, size / 2, size / 2, 2]), kept) as tf.Tensor4D;
    };
    const gradientOf = (channels: number) => {
      const corruption = { scale: hidden(channels), added: tf.zeros([batch, size / 2, size / 2, 2]) as tf.Tensor4D };
      const { autoencoder } = computeGradients(state, { ...part(1), corruption }, 1);
      return autoencoder['quant_conv.bias']?.dataSync<'float32'>() as Float32Array;
    };
    // Means of both channels, then their log-variances.
    const [whole, first] = [gradientOf(2), gradientOf(1)];
    expect(whole.every((value) => value !== 0)).toBe(true);
    expect([...first].map((value) => value === 0)).toEqual([false, true, false, true]);
  });
});
