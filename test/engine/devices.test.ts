/** Devices beside the processor: what is said where one is missing, and that a training step on one gives the same numbers. */
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { OnnxBackend } from '../../src/engine/onnx/backend.js';
import { emptyModel } from '../../src/engine/onnx/graph/model.js';
import { providerFailure } from '../../src/engine/onnx/run/runtime.js';
import { type Engine, selectEngine } from '../../src/engine/select.js';
import { UserError } from '../../src/errors.js';
import { createAdam } from '../../src/nn/adam.js';
import { variablesOf } from '../../src/nn/parameters.js';
import { expectClose, normalTensor } from './compare.js';
import { createTinyTrainer, trainTiny } from './tiny-training.js';

/**
 * A software driver, which Debian's chromium package carries beside a Vulkan loader. Where no other loader is installed,
 * LD_LIBRARY_PATH=/usr/lib/chromium lets the tests find this one.
 */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(softwareDriver)) process.env.VK_ICD_FILENAMES ??= softwareDriver;

const missing = { webgpu: providerFailure(emptyModel(), 'webgpu'), cuda: providerFailure(emptyModel(), 'cuda') };
const remedies = { webgpu: /install a Vulkan driver .* or use --device cpu\.$/, cuda: /install CUDA 12 and cuDNN 9/ };

async function withEngine<Result>(device: 'cpu' | 'webgpu', use: (engine: Engine) => Result): Promise<Result> {
  const engine = await selectEngine({ engine: 'onnxruntime', device, threads: 1 });
  try {
    return use(engine);
  } finally {
    engine.dispose();
  }
}

describe.each(['webgpu', 'cuda'] as const)('--device %s', (device) => {
  it.skipIf(missing[device] === null)('says in one sentence what to install where it is missing', async () => {
    const selected = selectEngine({ engine: 'onnxruntime', device, threads: 1 });
    await expect(selected).rejects.toThrow(UserError);
    await expect(selected).rejects.toThrow(remedies[device]);
    await expect(selected).rejects.not.toThrow(/\n/);
  });
});

if (missing.webgpu !== null)
  process.stderr.write(`No WebGPU device here, training on one is not tested: ${missing.webgpu}\n`);

describe.skipIf(missing.webgpu !== null)('a training with --device webgpu', () => {
  it('gives the losses and weights of the processor', async () => {
    const train = () => trainTiny(3);
    const [reference, got] = [await withEngine('cpu', train), await withEngine('webgpu', train)];
    expectClose(got, reference, 1e-4, 'webgpu');
  });

  it('updates more vectors in one kernel than a shader can bind buffers', async () => {
    const update = () =>
      tf.tidy(() => {
        const vectors = Array.from({ length: 40 }, (_, index) => normalTensor([index + 1], index));
        const parameters = new Map(vectors.map((vector, index) => [`v${index}`, tf.variable(vector)]));
        const adam = createAdam(parameters, { beta1: 0.9, beta2: 0.99, epsilon: 1e-3 });
        adam.update(new Map(vectors.map((vector, index) => [`v${index}`, tf.neg(vector)])), 0.01);
        const updated = [...parameters.values()].map((parameter) => parameter.dataSync().slice());
        const { firstMoments, secondMoments } = adam.state;
        tf.dispose(variablesOf(parameters, firstMoments, secondMoments));
        return updated;
      });
    const [reference, got] = [await withEngine('cpu', update), await withEngine('webgpu', update)];
    expectClose(got, reference, 1e-5, 'webgpu');
  });

  it('keeps parameters and moments on the device between steps, and frees what a step replaces', async () => {
    const { steps, left } = await withEngine('webgpu', (engine) => {
      const backend = tf.backend() as OnnxBackend;
      const trainer = createTinyTrainer();
      const steps = Array.from({ length: 8 }, () => {
        const before = { ...engine.statistics().traffic! };
        trainer.step();
        const { uploadedBytes, downloadedBytes } = engine.statistics().traffic!;
        return {
          uploaded: uploadedBytes - before.uploadedBytes,
          downloaded: downloadedBytes - before.downloadedBytes,
          residents: backend.residents,
        };
      });
      trainer.dispose();
      return { steps, left: backend.residents };
    });
    const parameterBytes = 4 * (3 * 3 * 3 * 8 * 2 + 3 * 3 * 8 * 8 + 8 * 8 + 8 * 4 + 3);
    const first = steps[0];
    // By now the step is repeated without being traced, and the numbers that it made for itself are on the device, too.
    const later = steps.slice(5);
    expect(first!.uploaded).toBeGreaterThan(parameterBytes);
    for (const step of later) {
      // The scalars of Adam, and the loss.
      expect(step).toMatchObject({ downloaded: 4, residents: later[0]!.residents });
      expect(step.uploaded).toBeLessThan(100);
    }
    // Those numbers, which go with the engine.
    expect(left).toBe(3);
  });
});
