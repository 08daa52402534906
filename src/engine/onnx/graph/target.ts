/** Finds out what operators a session of this machine can use. */

import { openSession, type SessionOptions } from '../run/runtime.js';
import { plainTarget, type Target } from './graph.js';
import { encodeModel } from './model.js';

/** maxStorageBuffersPerShaderStage that every device has (WebGPU, 3.6.2 Limits). */
const guaranteedBuffers = 8;

export function detectTarget(options: SessionOptions): Target {
  if (options.executionProvider === 'webgpu') return { ...plainTarget, buffersPerNode: guaranteedBuffers };
  if (options.executionProvider === 'cuda') return plainTarget;
  return { ...plainTarget, ownOperators: true, channelBlock: detectChannelBlock(options) };
}

/** How many channels this processor's blocked convolutions keep together; 0 where it has none. */
function detectChannelBlock(options: SessionOptions): number {
  const channels = 64;
  const shape = [1, channels, 1, 2];
  const reorder = {
    operator: 'ReorderInput',
    domain: 'com.microsoft.nchwc',
    inputs: ['x'],
    outputs: ['y'],
    attributes: {},
  };
  const value = (name: string) => ({ name, dtype: 'float32', shape }) as const;
  const model = encodeModel({ nodes: [reorder], constants: [], inputs: [value('x')], outputs: [value('y')] });
  try {
    const session = openSession(model, options);
    // Pixel p of channel c holds 2c + p: the second pixel of the first channel comes after one block of first pixels.
    const data = Float32Array.from({ length: 2 * channels }, (_, index) => index);
    const { y } = session.run({ x: { location: 'cpu', dims: shape, type: 'float32', data } }, ['y']);
    session.dispose();
    const block = (y as { data: Float32Array }).data.indexOf(1);
    return block > 1 ? block : 0;
  } catch {
    // This build of ONNX Runtime has no blocked convolutions: the plain ones give the same numbers.
    return 0;
  }
}
