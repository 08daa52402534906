/**
 * A diffusion transformer (Peebles & Xie, arXiv 2212.09748) under the names of its official parameters: patches of the latent
 * are tokens, time and class modulate every block (adaLN-Zero). Deviations: queries and keys are normalised (QK-norm, Dehghani
 * et al., arXiv 2302.05442, section 2, here by RMS and with a learned scale), which keeps short trainings with large steps
 * stable, and the perceptron's activation is SiLU.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DitConfig } from '../../config/networks/denoiser.js';
import { silu } from '../../engine/ops.js';
import { attend } from '../../nn/attention.js';
import { ones, zeros } from '../../nn/initializers.js';
import { dense } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { conditioning, modulation } from './conditioning.js';
import { layerNorm, rmsNorm } from './norms.js';
import { fromPatches, positionEmbedding, toPatches } from './patches.js';
import type { Prediction } from './prediction.js';

/** Hidden features of a block's perceptron over its width. */
const mlpRatio = 4;

export function createDit(scope: Scope, config: DitConfig, seed: number): Prediction {
  const { latentShape, classes, width, depth, patch } = config;
  const tokenFeatures = latentShape[2] * patch ** 2;
  const grid = [latentShape[0] / patch, latentShape[1] / patch] as const;
  const toTokens = dense(scope.child('x_embedder').child('proj'), {
    inFeatures: tokenFeatures,
    outFeatures: width,
    seed,
  });
  const toCondition = conditioning(scope, classes.length, width, seed);
  const blocks = Array.from({ length: depth }, (_, index) =>
    ditBlock(scope.child('blocks').child(index), config, seed),
  );
  const final = scope.child('final_layer');
  const modulate = modulation(final, width, width, 2, seed);
  const toOutput = dense(final.child('linear'), {
    inFeatures: width,
    outFeatures: tokenFeatures,
    initialWeight: zeros,
    seed,
  });
  return (latents, times, labels) => {
    const batch = latents.shape[0];
    const rows = batch * grid[0] * grid[1];
    const condition = toCondition(times, labels); // [B, D]
    const embedded = toTokens(tf.reshape(toPatches(latents, patch), [rows, tokenFeatures])); // [B·T, D]
    const tokens = tf.reshape(embedded, [batch, grid[0] * grid[1], width]); // [B, T, D]
    const placed = tf.add(tokens, positionEmbedding(grid, width)) as tf.Tensor3D;
    const deep = blocks.reduce((value, block) => block(value, condition), placed);
    const [shift, scale] = modulate(condition) as [tf.Tensor2D, tf.Tensor2D];
    const out = toOutput(tf.reshape(modulated(deep, shift, scale), [rows, width])); // [B·T, p²Z]
    return fromPatches(out, [batch, ...latentShape], patch);
  };
}

/** x + gate · attention(modulated x), then the same with a perceptron. */
function ditBlock(scope: Scope, { width, heads }: DitConfig, seed: number) {
  const modulate = modulation(scope, width, width, 6, seed);
  const mixTokens = selfAttention(scope.child('attn'), width, heads, seed);
  const mlp = scope.child('mlp');
  const toHidden = dense(mlp.child('fc1'), { inFeatures: width, outFeatures: mlpRatio * width, seed });
  const fromHidden = dense(mlp.child('fc2'), { inFeatures: mlpRatio * width, outFeatures: width, seed });
  return (x: tf.Tensor3D, condition: tf.Tensor2D): tf.Tensor3D => {
    const [shift1, scale1, gate1, shift2, scale2, gate2] = modulate(condition) as tf.Tensor2D[];
    const attended = mixTokens(modulated(x, shift1!, scale1!)); // [B, T, D]
    const mixed = tf.add(x, tf.mul(perImage(gate1!), attended)) as tf.Tensor3D;
    const rows = tf.reshape(modulated(mixed, shift2!, scale2!), [-1, width]) as tf.Tensor2D; // [B·T, D]
    const processed = tf.reshape(fromHidden(silu(toHidden(rows))), x.shape);
    return tf.add(mixed, tf.mul(perImage(gate2!), processed)) as tf.Tensor3D;
  };
}

/** Multi-head attention (arXiv 1706.03762, section 3.2) with normalised queries and keys: [B, T, D] -> [B, T, D]. */
function selfAttention(scope: Scope, width: number, heads: number, seed: number) {
  const headWidth = width / heads;
  const toAll = dense(scope.child('qkv'), { inFeatures: width, outFeatures: 3 * width, seed });
  const queryScale = scope.child('q_norm').parameter('weight', [headWidth], ones);
  const keyScale = scope.child('k_norm').parameter('weight', [headWidth], ones);
  const toOut = dense(scope.child('proj'), { inFeatures: width, outFeatures: width, seed });
  return (x: tf.Tensor3D): tf.Tensor3D => {
    const [batch, tokens] = x.shape;
    const rows = toAll(tf.reshape(x, [batch * tokens, width])); // [B·T, 3D]
    const [query, key, value] = tf.split(rows, 3, 1).map((part) => tf.reshape(part, [batch, tokens, heads, headWidth]));
    const perHead = (part: tf.Tensor) =>
      tf.reshape(tf.transpose(part, [0, 2, 1, 3]), [batch * heads, tokens, headWidth]) as tf.Tensor3D; // [B·H, T, d]
    const mixed = attend(
      perHead(tf.mul(rmsNorm(query!), queryScale)),
      perHead(tf.mul(rmsNorm(key!), keyScale)),
      perHead(value!),
    );
    const apart = tf.transpose(tf.reshape(mixed, [batch, heads, tokens, headWidth]), [0, 2, 1, 3]); // [B, T, H, d]
    const joined = tf.reshape(apart, [batch * tokens, width]) as tf.Tensor2D; // [B·T, D]
    return tf.reshape(toOut(joined), x.shape);
  };
}

/** layerNorm(x) · (1 + scale) + shift, one scale and shift per image. */
function modulated(x: tf.Tensor3D, shift: tf.Tensor2D, scale: tf.Tensor2D): tf.Tensor3D {
  return tf.add(tf.mul(layerNorm(x), perImage(tf.add(scale, 1))), perImage(shift));
}

/** [B, D] -> [B, 1, D] */
const perImage = (vectors: tf.Tensor2D): tf.Tensor3D => tf.expandDims(vectors, 1);
