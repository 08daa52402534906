/** Batches of latents as tfjs tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { LatentBatch } from '../rows.js';

/** A batch of latents as tensors. */
export interface LatentTensors {
  /** [B, h, w, Z] */
  readonly latents: tf.Tensor4D;
  /** [B] */
  readonly labels: tf.Tensor1D;
}

/** The caller disposes both tensors. */
export function tensorsOf({ latents, labels, shape }: LatentBatch): LatentTensors {
  return { latents: tf.tensor4d(latents, [...shape]), labels: tf.tensor1d(labels, 'int32') };
}
