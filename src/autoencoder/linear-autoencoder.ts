/**
 * The linear autoencoder: one dense layer each way. With the principal components of a set of images in it, no linear code
 * of as many floats restores that set with less squared error (Eckart & Young 1936; Bourlard & Kamp 1988).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LinearModelConfig } from '../config/config.js';
import { dense } from '../nn/layers.js';
import { createParameterTree, type Parameters, type WeightSource } from '../nn/parameters.js';
import { type Posterior, withoutVariance } from './posterior.js';

export interface LinearAutoencoder {
  readonly parameters: Parameters;
  readonly lastLayer: tf.Variable;
  /** [B, H, W, 3] in [-1, 1] -> a latent [B, 1, 1, Z] without variance. */
  encode(images: tf.Tensor4D): Posterior;
  /** [B, 1, 1, Z] -> [B, H, W, 3], nominally in [-1, 1] and not clamped. */
  decode(latents: tf.Tensor4D): tf.Tensor4D;
}

export function createLinearAutoencoder(config: LinearModelConfig, source: WeightSource): LinearAutoencoder {
  const { imageSize, inChannels, latentFloats } = config;
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const seed = 'seed' in source ? source.seed : 0;
  const values = imageSize ** 2 * inChannels;
  const toLatent = dense(scope.child('encoder').child('to_latent'), {
    inFeatures: values,
    outFeatures: latentFloats,
    seed,
  });
  const toImage = dense(scope.child('decoder').child('from_latent'), {
    inFeatures: latentFloats,
    outFeatures: values,
    seed,
  });
  return {
    parameters,
    lastLayer: parameters.get('decoder.from_latent.weight') as tf.Variable,
    encode(images) {
      const batch = images.shape[0];
      const latent = toLatent(tf.reshape(images, [batch, values])); // [B, Z]
      return withoutVariance(tf.reshape(latent, [batch, 1, 1, latentFloats])); // [B, 1, 1, Z]
    },
    decode(latents) {
      const batch = latents.shape[0];
      const image = toImage(tf.reshape(latents, [batch, latentFloats])); // [B, H·W·C]
      return tf.reshape(image, [batch, imageSize, imageSize, inChannels]); // [B, H, W, C]
    },
  };
}
