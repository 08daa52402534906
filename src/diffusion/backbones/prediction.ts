/** What a network is told of a noisy latent, and what it answers. */
import type * as tf from '@tensorflow/tfjs-core';

/**
 * What a network answers to noisy latents, their times and their classes: the velocity, or the noise.
 *
 * @param latents noisy, normalised: [B, h, w, Z]
 * @param times how much of each is noise, in [0, 1]: [B]
 * @param classes position among the classes, or their number for none: int32 [B]
 * @returns what the process wants predicted, [B, h, w, Z]
 */
export type Prediction = (latents: tf.Tensor4D, times: tf.Tensor1D, classes: tf.Tensor1D) => tf.Tensor4D;
