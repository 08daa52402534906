/** Registers the engine with tfjs-core's test harness, which makes its specs from the environments that it knows by then. */
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { backendName, registerOnnxBackend } from '../../src/engine/onnx/register.js';
import { fallbackVariable, refusal } from './modes.js';

const isFallbackAllowed = process.env[fallbackVariable] === 'yes';

registerOnnxBackend({
  session: {
    executionProvider: 'cpu',
    threads: 1,
    optimization: 'disabled',
    memoryArena: false,
    keepOutputsOnDevice: false,
  },
  planCapacity: 32,
  onFallback(kernelName) {
    if (!isFallbackAllowed) throw new Error(refusal(kernelName));
  },
});
setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
