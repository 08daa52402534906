/**
 * `latent-vae/engine`: a lazy tfjs backend on ONNX Runtime, for any program that uses tfjs. Importing it registers the
 * backend: `import 'latent-vae/engine'; await tf.setBackend('onnxruntime')`. Loads tfjs-core, its cpu backend and ONNX Runtime.
 *
 * @module latent-vae/engine
 */

import { registerOnnxBackend } from '../engine/onnx/register.js';
import { onnxRuntimeOptions } from '../engine/select.js';

registerOnnxBackend(onnxRuntimeOptions({ device: 'cpu', threads: 0 }));

export type { EngineOptions } from '../config/types/images-and-latents.js';
export type { Numbers } from '../engine/onnx/numbers.js';
export type { NamedTensors } from '../engine/onnx/repetition.js';
export type { Traffic } from '../engine/onnx/run/device-memory.js';
export type { OnnxArray, OnnxSession, OnnxSessionOptions } from '../engine/onnx/run/onnx-session.js';
export { openOnnxSession } from '../engine/onnx/run/onnx-session.js';
export type { Repeat, RepeatedCall } from '../engine/repeat.js';
export { createRepeat } from '../engine/repeat.js';
export type { Engine, EngineListeners, EngineStatistics } from '../engine/select.js';
export { selectEngine } from '../engine/select.js';
export { UserError } from '../errors.js';
