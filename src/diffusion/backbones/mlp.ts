/** A residual perceptron for latents that are one vector; time and class modulate every block as in a DiT. */
import * as tf from '@tensorflow/tfjs-core';
import type { MlpConfig } from '../../config/networks/denoiser.js';
import { silu } from '../../engine/ops.js';
import { zeros } from '../../nn/initializers.js';
import { dense } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { conditioning, modulation } from './conditioning.js';
import { layerNorm } from './norms.js';
import type { Prediction } from './prediction.js';

export function createMlp(scope: Scope, { latentShape, classes, width, depth }: MlpConfig, seed: number): Prediction {
  const floats = latentShape.reduce((product, size) => product * size, 1);
  const toHidden = dense(scope.child('x_embedder'), { inFeatures: floats, outFeatures: width, seed });
  const toCondition = conditioning(scope, classes.length, width, seed);
  const blocks = Array.from({ length: depth }, (_, index) => mlpBlock(scope.child('blocks').child(index), width, seed));
  const final = scope.child('final_layer');
  const modulate = modulation(final, width, width, 2, seed);
  const toOutput = dense(final.child('linear'), { inFeatures: width, outFeatures: floats, initialWeight: zeros, seed });
  return (latents, times, labels) => {
    const batch = latents.shape[0];
    const condition = toCondition(times, labels); // [B, D]
    const hidden = toHidden(tf.reshape(latents, [batch, floats])); // [B, D]
    const deep = blocks.reduce((value, block) => block(value, condition), hidden);
    const [shift, scale] = modulate(condition) as [tf.Tensor2D, tf.Tensor2D];
    return tf.reshape(toOutput(modulated(deep, shift, scale)), [batch, ...latentShape]);
  };
}

function mlpBlock(scope: Scope, width: number, seed: number) {
  const modulate = modulation(scope, width, width, 3, seed);
  const mlp = scope.child('mlp');
  const first = dense(mlp.child('fc1'), { inFeatures: width, outFeatures: 2 * width, seed });
  const second = dense(mlp.child('fc2'), { inFeatures: 2 * width, outFeatures: width, seed });
  return (x: tf.Tensor2D, condition: tf.Tensor2D): tf.Tensor2D => {
    const [shift, scale, gate] = modulate(condition) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    return tf.add(x, tf.mul(gate, second(silu(first(modulated(x, shift, scale))))));
  };
}

const modulated = (x: tf.Tensor2D, shift: tf.Tensor2D, scale: tf.Tensor2D): tf.Tensor2D =>
  tf.add(tf.mul(layerNorm(x), tf.add(scale, 1)), shift);
