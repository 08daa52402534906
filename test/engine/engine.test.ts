/** What the engine promises beyond single kernels: laziness, one compilation per kind of step, steady memory, same numbers. */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { detectTarget } from '../../src/engine/onnx/graph/target.js';
import { installedVersion, supportedVersion } from '../../src/engine/onnx/run/runtime.js';
import { adamScalars, adamUpdate, conv2d, groupNormSilu } from '../../src/engine/ops.js';
import { recompilationAlarm } from '../../src/engine/recompilation.js';
import { type Engine, selectEngine } from '../../src/engine/select.js';
import { UserError } from '../../src/errors.js';
import { evaluate, expectClose, normalTensor, useCpu, useOnnxRuntime } from './compare.js';

/** A small network with Adam, as a training loop would run it. */
function createTrainer() {
  const shapes = [[3, 3, 3, 16], [16], [16], [16], [3, 3, 16, 3], [3]];
  const parameters = shapes.map((shape, index) => tf.variable(tf.mul(normalTensor(shape, index), 0.3)));
  const moments = parameters.map((parameter) => [0, 1].map(() => tf.variable(tf.zerosLike(parameter), false)));
  const image = normalTensor<tf.Tensor4D>([2, 8, 8, 3], 100);
  const loss = () => {
    const [filter, bias, scale, offset, filter2, bias2] = parameters as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor4D,
      tf.Tensor1D,
    ];
    const hidden = groupNormSilu(conv2d(image, filter, bias, 1, 1), scale, offset, 4);
    return tf.mean(tf.square(tf.sub(conv2d(hidden, filter2, bias2, 1, 1), image))) as tf.Scalar;
  };
  const step = (number: number): number => {
    const value = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, parameters);
      const learningRate = 0.01 / number;
      const scalars = adamScalars({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: number });
      parameters.forEach((parameter, index) => {
        const [m, v] = moments[index] as [tf.Variable, tf.Variable];
        const gradient = grads[parameter.name] as tf.Tensor;
        const updated = adamUpdate<tf.Tensor>(parameter, gradient, m, v, scalars);
        [parameter, m, v].forEach((variable, part) => {
          variable.assign(updated[part] as tf.Tensor);
        });
      });
      return value;
    });
    const [read] = value.dataSync();
    value.dispose();
    return read as number;
  };
  const dispose = () => tf.dispose([parameters, moments, image]);
  return { step, parameters, dispose };
}

function train(steps: number): { losses: number[]; weights: tf.TypedArray[] } {
  const trainer = createTrainer();
  const losses = Array.from({ length: steps }, (_, index) => trainer.step(index + 1));
  const weights = trainer.parameters.map((parameter) => parameter.dataSync());
  trainer.dispose();
  return { losses, weights };
}

describe('the onnxruntime engine', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await useOnnxRuntime();
  });
  afterEach(() => engine.dispose());

  it('trains as the cpu engine does', async () => {
    const ours = train(5);
    await useCpu();
    const reference = train(5);
    expectClose([Float32Array.from(ours.losses)], [Float32Array.from(reference.losses)], 1e-6);
    expect(ours.losses[4]).toBeLessThan(ours.losses[0] as number);
  });

  it('gives the same bits every time', () => {
    expect(train(4)).toEqual(train(4));
  });

  it('compiles a step once, though the learning rate changes, and keeps memory as it was', () => {
    const trainer = createTrainer();
    engine.flush();
    trainer.step(1);
    const { compiles } = engine.statistics();
    trainer.step(2);
    const { numDataBuffers } = tf.memory();
    for (let step = 3; step < 200; step++) trainer.step(step);
    expect(engine.statistics().compiles).toBe(compiles);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
    trainer.dispose();
  });

  it('reads filters in their own order although it keeps them in another', () => {
    const filter = tf.variable(normalTensor<tf.Tensor4D>([3, 2, 4, 5], 1));
    const before = filter.dataSync().slice();
    const image = normalTensor<tf.Tensor4D>([1, 4, 4, 4], 2);
    tf.tidy(() => tf.conv2d(image, filter as tf.Tensor4D, 1, 'same').dataSync());
    expect(filter.dataSync()).toEqual(before);
    filter.assign(tf.mul(filter, 2));
    expect(filter.dataSync()).toEqual(before.map((value) => 2 * value));
  });

  it('brings filters into their order rather than compile the same work again', () => {
    const filters = [0, 1, 2].map((seed) => normalTensor<tf.Tensor4D>([3, 3, 8, 8], seed));
    const [first, second, third] = filters as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const image = normalTensor<tf.Tensor4D>([1, 4, 4, 8], 2);
    const twice = (a: tf.Tensor4D, b: tf.Tensor4D) =>
      tf.tidy(() =>
        tf
          .conv2d(tf.conv2d(image, a, 1, 'same'), b, 1, 'same')
          .dataSync()
          .slice(),
      );
    const before = twice(first, second);
    const { compiles } = engine.statistics();
    const mixed = twice(first, third);
    expect(engine.statistics().compiles).toBe(compiles);
    expect(mixed).toEqual(twice(tf.clone(first), third));
    expect(mixed).not.toEqual(before);
    tf.dispose([filters, image]);
  });

  it('computes nothing until a number is read', () => {
    const { runs } = engine.statistics();
    const x = tf.add(tf.scalar(1), tf.scalar(2));
    expect(engine.statistics().runs).toBe(runs);
    expect(x.dataSync()[0]).toBe(3);
    expect(x.dataSync()[0]).toBe(3);
    expect(engine.statistics().runs).toBe(runs + 1);
  });

  it('keeps a number that is asked for and disposed of at once', async () => {
    const x = tf.add(tf.scalar(1), tf.scalar(2));
    const reading = x.data();
    x.dispose();
    expect((await reading)[0]).toBe(3);
  });

  it('takes tensors of another engine over', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2, 3]);
    await tf.setBackend('onnxruntime');
    expect([...tf.add(x, 1).dataSync()]).toEqual([2, 3, 4]);
  });

  it('leaves kernels that it lacks to the cpu engine, and says so once', async () => {
    const onWarning = vi.fn();
    engine = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }, { onWarning });
    for (let time = 0; time < 2; time++) expect([...tf.cumsum(tf.tensor1d([1, 2, 3])).dataSync()]).toEqual([1, 3, 6]);
    expect(onWarning.mock.calls).toEqual([[expect.stringContaining('The engine has no Cumsum of this kind')]]);
  });

  it('says what to do where memory runs out, and goes on', () => {
    const side = 1e7;
    // 400 TB, more than any process can address.
    const product = () => evaluate(() => tf.sum(tf.exp(tf.matMul(tf.ones([side, 1]), tf.ones([1, side])))));
    expect(product).toThrow(UserError);
    expect(product).toThrow(/Memory ran out, 400\.0 TB more were wanted: take fewer images/);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  it('knows exactly the installed version of onnxruntime-node', () => {
    const { dependencies } = createRequire(import.meta.url)('../../package.json') as {
      dependencies: Record<string, string>;
    };
    expect(installedVersion()).toBe(supportedVersion);
    expect(dependencies['onnxruntime-node']).toBe(supportedVersion);
  });

  it('finds the blocked convolutions of x64 processors', () => {
    const { ownOperators, channelBlock } = detectTarget({
      executionProvider: 'cpu',
      threads: 1,
      optimization: 'disabled',
      memoryArena: false,
      keepOutputsOnDevice: false,
    });
    expect(ownOperators).toBe(true);
    if (process.arch === 'x64') expect([8, 16]).toContain(channelBlock);
  });
});

describe('selectEngine', () => {
  it('says what to install where an engine is absent', async () => {
    vi.stubEnv('LATENT_VAE_TFJS_NODE', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const missing = selectEngine({ engine: 'tensorflow-gpu', device: 'cpu', threads: 0 });
    await expect(missing).rejects.toThrow(UserError);
    await expect(missing).rejects.toThrow(/npm install @tensorflow\/tfjs-node-gpu@4\.22\.0/);
  });

  it('says which devices there are', async () => {
    const missing = selectEngine({ engine: 'cpu', device: 'webgpu', threads: 0 });
    await expect(missing).rejects.toThrow(/choose --engine onnxruntime/);
  });

  it('is silent with the cpu engine', async () => {
    const warn = vi.spyOn(console, 'warn');
    await useCpu();
    tf.add(1, 2).dataSync();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('the alarm for repeated compilation', () => {
  it('rings once when most runs compile, and not for a good start', () => {
    const warn = vi.fn();
    const watch = recompilationAlarm(warn);
    for (let run = 0; run < 40; run++) watch({ compiles: run + 1, runs: run });
    expect(warn).not.toHaveBeenCalled();
    for (let run = 40; run < 80; run++) watch({ compiles: run + 1, runs: run });
    expect(warn).toHaveBeenCalledOnce();
  });
});
