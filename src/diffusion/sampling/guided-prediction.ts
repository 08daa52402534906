/** A denoiser as a sampler calls it, with guidance. */
import * as tf from '@tensorflow/tfjs-core';
import { createRepeat } from '../../engine/repeat.js';
import { variablesOf } from '../../nn/parameters.js';
import type { Denoiser } from '../backbones/denoiser.js';

export interface GuidedPrediction {
  /**
   * @param latents [B, h, w, Z], noisy; of every call as many
   * @param classes of the images, [B]; their number stands for none
   * @returns [B, h, w, Z]
   */
  predict(latents: Float32Array, time: number, classes: Int32Array): Promise<Float32Array>;
}

/**
 * Classifier-free guidance (Ho & Salimans, arXiv 2207.12598, eq. 6, with w = guidance - 1): what the class adds to the
 * prediction counts `guidance` times. Both predictions are one batch.
 */
export function guidedPrediction(denoiser: Denoiser, guidance: number): GuidedPrediction {
  const { latentShape, classes: known } = denoiser.config;
  const isGuided = guidance !== 1 && known.length > 0;
  const repeat = createRepeat();
  const variables = variablesOf(denoiser.parameters);
  return {
    async predict(latents, time, classes) {
      const count = classes.length;
      const both = isGuided ? Int32Array.from([...classes, ...classes.map(() => known.length)]) : classes;
      const inputs = [
        tf.tensor4d(latents, [count, ...latentShape]),
        tf.fill([both.length], time),
        tf.tensor1d(both, 'int32'),
        tf.scalar(guidance),
      ] as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Scalar];
      const [noisy, times, labels, scale] = inputs;
      const { predicted } = repeat({ key: `${isGuided}`, inputs, variables }, () => {
        const all = isGuided ? (tf.concat([noisy, noisy], 0) as tf.Tensor4D) : noisy;
        const answer = denoiser.predict(all, times, labels); // [B or 2B, h, w, Z]
        if (!isGuided) return { predicted: answer };
        const [conditional, unconditional] = tf.split(answer, 2, 0) as [tf.Tensor4D, tf.Tensor4D];
        return { predicted: tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), scale)) };
      });
      const values = await predicted.data<'float32'>();
      tf.dispose([inputs, predicted]);
      return values;
    },
  };
}
