/** Turns `--engine` and `--device` into a tfjs backend that is ready to compute. */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { EngineOptions } from '../config/config.js';
import { reasonOf, UserError } from '../errors.js';
import { quietCpuBackend } from './onnx/fallback.js';
import { registerGradients } from './onnx/gradients.js';
import { emptyModel } from './onnx/graph/model.js';
import { backendName, type RegisterOptions, registerOnnxBackend } from './onnx/register.js';
import type { Traffic } from './onnx/run/device-memory.js';
import { availableProviders, firstLine, providerFailure } from './onnx/run/runtime.js';
import { recompilationAlarm } from './recompilation.js';

/** What an engine has done so far. */
export interface EngineStatistics {
  /** Graphs compiled so far; 0 for engines that compile nothing. */
  readonly compiles: number;
  /** Graphs run so far. */
  readonly runs: number;
  readonly compileMs: number;
  readonly runMs: number;
  /** Bytes that went to a device which keeps tensors in its own memory, and came back from it; elsewhere null. */
  readonly traffic: Readonly<Traffic> | null;
}

/** What computes: a tfjs backend that is ready. */
export interface Engine {
  readonly name: EngineOptions['engine'];
  readonly device: EngineOptions['device'];
  /** Computes everything that was asked for so far; once per training step keeps every step the same graph. */
  flush(): void;
  statistics(): EngineStatistics;
  dispose(): void;
}

/** Told of what an engine lacks. */
export interface EngineListeners {
  /** Told, in one sentence, of what makes the engine slow. */
  readonly onWarning?: (sentence: string) => void;
}

/** Makes the engine asked for the current tfjs backend. Throws a `UserError` where this machine cannot run it. */
export async function selectEngine(options: EngineOptions, listeners: EngineListeners = {}): Promise<Engine> {
  if (options.engine === 'onnxruntime') return selectOnnxRuntime(options, listeners);
  if (options.device !== 'cpu' && options.engine !== 'tensorflow-gpu') {
    throw new UserError(
      `Engine ${options.engine} computes on the cpu alone, got --device ${options.device}: choose --engine onnxruntime.`,
    );
  }
  if (options.engine === 'cpu') {
    quietCpuBackend();
    await tf.setBackend('cpu');
  } else {
    await loadTensorflow(options.engine);
  }
  registerGradients();
  return {
    name: options.engine,
    device: options.engine === 'tensorflow-gpu' ? 'cuda' : 'cpu',
    flush() {},
    statistics: () => ({ compiles: 0, runs: 0, compileMs: 0, runMs: 0, traffic: null }),
    dispose() {},
  };
}

/** How our engine is set up on a device, unless a program knows better. */
export const onnxRuntimeOptions = ({ device, threads }: Omit<EngineOptions, 'engine'>): RegisterOptions => ({
  session: {
    executionProvider: device,
    threads,
    optimization: 'disabled',
    memoryArena: true,
    // Elsewhere the binding has no way to leave them there.
    keepOutputsOnDevice: device === 'webgpu',
  },
  planCapacity: 48,
});

async function selectOnnxRuntime({ device, threads }: EngineOptions, listeners: EngineListeners): Promise<Engine> {
  assertDevice(device);
  const watch = recompilationAlarm(listeners.onWarning);
  const backend = registerOnnxBackend({
    ...onnxRuntimeOptions({ device, threads }),
    onCompile: watch,
    onFallback: (kernelName) => listeners.onWarning?.(fallbackWarning(kernelName)),
  });
  await tf.setBackend(backendName);
  return {
    name: 'onnxruntime',
    device,
    flush: () => backend.flush(),
    statistics: () => backend.statistics,
    dispose: () => tf.removeBackend(backendName),
  };
}

const fallbackWarning = (kernelName: string) =>
  `The engine has no ${kernelName} of this kind: tfjs' cpu backend computes it, and every graph ends before it and begins anew after it.`;

const deviceRemedies = {
  webgpu: 'install a Vulkan driver for the graphics card and the Vulkan loader (on Debian libvulkan1)',
  cuda: 'install CUDA 12 and cuDNN 9 and run npm rebuild onnxruntime-node --ignore-scripts=false',
};

/** A device counts as present when the smallest possible model opens on it. */
function assertDevice(device: EngineOptions['device']): void {
  const present = availableProviders();
  if (!present.includes(device)) {
    throw new UserError(`This build of onnxruntime-node has no device ${device} (it has ${present.join(', ')}).`);
  }
  if (device === 'cpu') return;
  const failure = providerFailure(emptyModel(), device);
  if (failure === null) return;
  throw new UserError(`Device ${device} cannot be used (${failure}): ${deviceRemedies[device]}, or use --device cpu.`);
}

/** From the folder of the package that LATENT_VAE_TFJS_NODE names, or else from where it is installed. */
async function loadTensorflow(engine: 'tensorflow' | 'tensorflow-gpu'): Promise<void> {
  const packageName = engine === 'tensorflow' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs-node-gpu';
  const { LATENT_VAE_TFJS_NODE: folder } = process.env;
  // A package elsewhere brings another copy of tfjs, which complains that what it registers is there already.
  if (folder) tf.enableProdMode();
  try {
    if (folder) createRequire(import.meta.url)(folder);
    else await import(packageName);
  } catch (error) {
    const reason = firstLine(reasonOf(error));
    throw new UserError(`Engine ${engine} cannot be loaded (${reason}): run npm install ${packageName}@4.22.0.`);
  }
  await tf.setBackend('tensorflow');
}
