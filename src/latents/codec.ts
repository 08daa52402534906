/** An autoencoder in the role of a store's encoder and decoder. */
import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, checkImages, checkLatents, latentShape } from '../autoencoder/autoencoder.js';
import { classIndices } from '../autoencoder/class-condition.js';
import {
  downsamplingFactor,
  type EngineOptions,
  hasVectorLatent,
  imageChannelsOf,
  latentScaling,
  type ModelConfig,
} from '../config/config.js';
import { wholePixelsOf } from './encoding-memory.js';
import type { EncoderFingerprint } from './format/manifest.js';
import { type CodeLookup, codeLookup } from './format/shards/codes.js';
import { type Arithmetic, chooseArithmetic } from './model-arithmetic.js';
import type { BatchSource } from './model-roles.js';
import type { LatentDecoder } from './reading/decode.js';
import type { LatentEncoder } from './writing/encode.js';

/**
 * An autoencoder in the role of what fills a store.
 *
 * @param fingerprint with `int8`, the encoder computes in 8 bits of those ranges (see `assertInt8`)
 * @param engine the one in use; where it has a faster way to run a finished model, that is taken
 */
export function latentEncoder(
  model: Autoencoder,
  fingerprint: EncoderFingerprint,
  engine?: EngineOptions,
): LatentEncoder {
  const { config } = model;
  let arithmetic: Arithmetic | undefined;
  let lookup: CodeLookup | undefined;
  return {
    fingerprint,
    codes: model.codebook?.shape[1],
    wholePixels: wholePixelsOf(config),
    imageChannels: imageChannelsOf(config),
    scaling: latentScaling(config),
    shape: (height, width) => latentShape(config, [height, width]),
    async encodeBatch(images, batch, height, width, sources) {
      const shape = [batch, height, width, config.inChannels] as const;
      checkImages(config, shape);
      arithmetic ??= chooseArithmetic(model, engine, fingerprint.int8?.ranges);
      const posterior = await arithmetic.encode(images, shape, classesOfBatch(config, batch, sources));
      if (model.codebook === null) return posterior;
      lookup ??= await lookupOf(model.codebook);
      return { ...posterior, codes: lookup.of(posterior.mean) };
    },
  };
}

async function lookupOf(codebook: tf.Variable): Promise<CodeLookup> {
  const rows = tf.transpose(codebook as tf.Tensor as tf.Tensor2D); // [K, Z]
  const values = await rows.data<'float32'>();
  rows.dispose();
  return codeLookup(values, codebook.shape[0] as number);
}

/**
 * An autoencoder in the role of what empties a store.
 *
 * @param engine as for `latentEncoder`
 */
export function latentDecoder(
  model: Autoencoder,
  fingerprint: EncoderFingerprint,
  engine?: EngineOptions,
): LatentDecoder {
  const { config } = model;
  const factor = downsamplingFactor(config);
  let arithmetic: Arithmetic | undefined;
  return {
    fingerprint,
    wholePixels: wholePixelsOf(config),
    imageChannels: imageChannelsOf(config),
    imageSize(height, width) {
      return hasVectorLatent(config) ? [config.imageSize, config.imageSize] : [height * factor, width * factor];
    },
    async decodeBatch(latents, shape, sources) {
      checkLatents(config, shape);
      arithmetic ??= chooseArithmetic(model, engine);
      return arithmetic.decode(latents, shape, classesOfBatch(config, shape[0], sources));
    },
  };
}

/** The class of every image of a batch; those that fill it up are of the first class. */
function classesOfBatch(config: ModelConfig, batch: number, sources: readonly BatchSource[] = []) {
  const labels = sources.map((source) => source.class ?? undefined);
  const paths = sources.map(({ path }) => path);
  const known = classIndices(config, labels, paths);
  if (known === undefined) return undefined;
  if (known.length === 0) throw new Error('A conditional model needs to know where the images of a batch come from');
  const classes = new Int32Array(batch);
  classes.set(known);
  return classes;
}
