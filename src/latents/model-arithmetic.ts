/** Two ways to run a finished model: on the tensor library that trains it, or as an ONNX session of its own. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { classTensor } from '../autoencoder/class-condition.js';
import { classesOf, downsamplingFactor, type EngineOptions, type ModelConfig } from '../config/config.js';
import { type OnnxSession, openOnnxSession } from '../engine/onnx/run/onnx-session.js';
import { decoderToOnnx, encoderToOnnx, type OnnxNetwork } from '../interop/onnx/autoencoder.js';
import type { Int8Ranges } from '../interop/onnx/int8/quantize.js';
import { onnxNetworkOf } from '../interop/onnx/network.js';
import { mostScores } from '../nn/attention.js';
import { runInParts } from './session-parts.js';
import type { PosteriorValues } from './writing/store/writer.js';

/** [B, H, W, C] */
type Shape = readonly [number, number, number, number];

export interface Arithmetic {
  /** Images of `shape` -> mean and logvar, each [B, h, w, Z]. A model with classes is told those of the images, [B]. */
  encode(images: Float32Array, shape: Shape, classes?: Int32Array): Promise<PosteriorValues>;
  /** Latents of `shape` -> images [B, H, W, C]. */
  decode(latents: Float32Array, shape: Shape, classes?: Int32Array): Promise<Float32Array>;
}

/**
 * A session folds constants, keeps convolutions in channel blocks and compiles once for all sizes; it needs ONNX Runtime on
 * the cpu, and a model that knows no classes.
 */
export function chooseArithmetic(model: Autoencoder, engine?: EngineOptions, ranges?: Int8Ranges): Arithmetic {
  return engine && runsInSession(model.config, engine)
    ? sessionArithmetic(model, engine.threads, ranges)
    : tensorArithmetic(model);
}

/** Whether images pass through a session of their own, a few at a time. */
export const runsInSession = (config: ModelConfig, { engine, device }: EngineOptions): boolean =>
  classesOf(config) === undefined && engine === 'onnxruntime' && device === 'cpu';

export function tensorArithmetic(model: Autoencoder): Arithmetic {
  return {
    async encode(images, shape, classes) {
      const posterior = tf.tidy(() => {
        const { mean, logvar } = model.encode(tf.tensor4d(images, [...shape]), classTensor(classes));
        return { mean, logvar };
      });
      const [mean, logvar] = await Promise.all([posterior.mean.data(), posterior.logvar.data()]);
      tf.dispose(posterior);
      return { mean: mean as Float32Array, logvar: logvar as Float32Array };
    },
    async decode(latents, shape, classes) {
      const images = tf.tidy(() => model.decode(tf.tensor4d(latents, [...shape]), classTensor(classes))); // [B, H, W, C]
      const values = await images.data<'float32'>();
      images.dispose();
      return values;
    },
  };
}

/** Of attention as much is there at once as elsewhere. */
export const inSession = { layout: 'NHWC', mostScores } as const;

/**
 * @param threads 0 = one per core
 * @param ranges of the encoder's convolutions, which are then computed in 8 bits
 */
export function sessionArithmetic(model: Autoencoder, threads: number, ranges?: Int8Ranges): Arithmetic {
  const open = async (write: (network: OnnxNetwork) => Uint8Array) =>
    openOnnxSession(write(await onnxNetworkOf(model)), { threads });
  const writeEncoder = (network: OnnxNetwork) => encoderToOnnx(network, inSession, ranges);
  const writeDecoder = (network: OnnxNetwork) => decoderToOnnx(network, inSession);
  const cellPx = downsamplingFactor(model.config);
  let encoder: Promise<OnnxSession> | undefined;
  let decoder: Promise<OnnxSession> | undefined;
  return {
    async encode(data, shape) {
      encoder ??= open(writeEncoder);
      const { mean, logvar } = runInParts(await encoder, 'image', { data, shape }, 1);
      return { mean: mean as Float32Array, logvar: logvar as Float32Array };
    },
    async decode(data, shape) {
      decoder ??= open(writeDecoder);
      return runInParts(await decoder, 'latent', { data, shape }, cellPx).image as Float32Array;
    },
  };
}
