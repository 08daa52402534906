/** Writes a diffusion model for other projects. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { traceToOnnx } from '../../engine/onnx/export.js';
import { writeFileAtomic } from '../../files.js';
import { assertNothingIn, writeWholeFolder } from '../../lock/whole-folder.js';
import type { DiffusionNetwork } from './open-diffusion.js';

/**
 * Writes denoiser.onnx, standalone, and diffusion.json with what a sampler must know besides (process, normalisation, classes).
 * Inputs are `latent` [batch, Z, h, w] float32, noisy and normalised, `time` [batch] float32 in [0, 1] and `class` [batch]
 * int32, the number of classes for none, which a network that knows no classes may lack; the output is `prediction` [batch, Z, h, w].
 *
 * @param out folder that is new or empty
 */
export async function exportDiffusionOnnx({ denoiser, config }: DiffusionNetwork, out: string): Promise<void> {
  assertNothingIn(out);
  const [height, width, channels] = denoiser.config.latentShape;
  const examples = [tf.zeros([2, channels, height, width]), tf.zeros([2]), tf.zeros([2], 'int32')];
  const bytes = traceToOnnx(
    (latent, time, classes) => {
      const noisy = tf.transpose(latent as tf.Tensor4D, [0, 2, 3, 1]); // [B, h, w, Z]
      const prediction = denoiser.predict(noisy, time as tf.Tensor1D, classes as tf.Tensor1D);
      return tf.transpose(prediction, [0, 3, 1, 2]); // [B, Z, h, w]
    },
    examples,
    { inputNames: ['latent', 'time', 'class'], outputNames: ['prediction'], dynamicBatch: true },
  );
  tf.dispose(examples);
  await writeWholeFolder(out, async (draft) => {
    await writeFileAtomic(join(draft, 'denoiser.onnx'), bytes);
    await writeFileAtomic(join(draft, 'diffusion.json'), `${JSON.stringify(config, null, 2)}\n`);
  });
}
