import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { loadSqueezenet } from '../../../experiments/features/squeezenet.js';
import { useDefaultEngine } from '../../golden.js';

const file = fileURLToPath(new URL('../../../../shared/weights/squeezenet_v1.1_notop.mat', import.meta.url));
if (!existsSync(file)) process.stderr.write(`SqueezeNet is not compared with PyTorch: ${file} is not there.\n`);

test.skipIf(!existsSync(file))('the yardstick’s weights are read as PyTorch and scipy read them', async () => {
  await useDefaultEngine();
  const { features } = await loadSqueezenet(file);
  const wave = Float32Array.from({ length: 48 * 48 * 3 }, (_, index) => 0.8 * Math.sin(0.37 * index));
  const last = features(tf.tensor4d(wave, [1, 48, 48, 3])).at(-1) as tf.Tensor4D;
  const pooled = [...tf.mean(last, [1, 2]).dataSync()];
  const length = Math.sqrt(pooled.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(pooled.reduce((sum, value) => sum + value) / 750.74853515625 - 1)).toBeLessThan(1e-4);
  expect(Math.abs(length / 204.50074768066406 - 1)).toBeLessThan(1e-4);
});
