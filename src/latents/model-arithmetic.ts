/** Two ways to run a finished model: on the tensor library that trains it, or as an ONNX session of its own. */
import * as tf from '@tensorflow/tfjs';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import type { EngineOptions } from '../config.js';
import { type OnnxSession, openOnnxSession } from '../engine/onnx/onnx-session.js';
import { decoderToOnnx, encoderToOnnx } from '../interop/onnx/autoencoder.js';
import { onnxNetworkOf } from '../interop/onnx/network.js';
import type { PosteriorValues } from './writing/writer.js';

/** [B, H, W, C] */
type Shape = readonly [number, number, number, number];

export interface Arithmetic {
  /** Images of `shape` -> mean and logvar, each [B, h, w, Z]. */
  encode(images: Float32Array, shape: Shape): Promise<PosteriorValues>;
  /** Latents of `shape` -> images [B, H, W, C]. */
  decode(latents: Float32Array, shape: Shape): Promise<Float32Array>;
}

/**
 * A session folds constants, keeps convolutions in channel blocks and compiles once for all sizes; it needs ONNX Runtime on
 * the cpu.
 */
export function chooseArithmetic(model: Autoencoder, engine?: EngineOptions): Arithmetic {
  const isFaster = engine?.engine === 'onnxruntime' && engine.device === 'cpu';
  return isFaster ? sessionArithmetic(model, engine.threads) : tensorArithmetic(model);
}

export function tensorArithmetic(model: Autoencoder): Arithmetic {
  return {
    async encode(images, shape) {
      const posterior = tf.tidy(() => ({ ...model.encode(tf.tensor4d(images, [...shape])) }));
      const [mean, logvar] = await Promise.all([posterior.mean.data(), posterior.logvar.data()]);
      tf.dispose(posterior);
      return { mean: mean as Float32Array, logvar: logvar as Float32Array };
    },
    async decode(latents, shape) {
      const images = tf.tidy(() => model.decode(tf.tensor4d(latents, [...shape]))); // [B, H, W, C]
      const values = await images.data<'float32'>();
      images.dispose();
      return values;
    },
  };
}

/** @param threads 0 = one per core */
export function sessionArithmetic(model: Autoencoder, threads: number): Arithmetic {
  const open = async (write: typeof encoderToOnnx) =>
    openOnnxSession(write(await onnxNetworkOf(model), 'NHWC'), { threads });
  let encoder: Promise<OnnxSession> | undefined;
  let decoder: Promise<OnnxSession> | undefined;
  return {
    async encode(data, shape) {
      encoder ??= open(encoderToOnnx);
      const { mean, logvar } = (await encoder).run({ image: { shape, data } });
      return { mean: mean?.data as Float32Array, logvar: logvar?.data as Float32Array };
    },
    async decode(data, shape) {
      decoder ??= open(decoderToOnnx);
      const { image } = (await decoder).run({ latent: { shape, data } });
      return image?.data as Float32Array;
    },
  };
}
