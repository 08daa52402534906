/** Devices beside the processor: what is said where one is missing, and that a training step on one gives the same numbers. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emptyModel } from '../../src/engine/onnx/graph/model.js';
import { providerFailure } from '../../src/engine/onnx/run/runtime.js';
import { selectEngine } from '../../src/engine/select.js';
import { UserError } from '../../src/errors.js';
import { expectClose } from './compare.js';
import { trainTiny } from './tiny-training.js';

/**
 * A software driver, which Debian's chromium package carries beside a Vulkan loader. Where no other loader is installed,
 * LD_LIBRARY_PATH=/usr/lib/chromium lets the tests find this one.
 */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(softwareDriver)) process.env.VK_ICD_FILENAMES ??= softwareDriver;

const missing = { webgpu: providerFailure(emptyModel(), 'webgpu'), cuda: providerFailure(emptyModel(), 'cuda') };
const remedies = { webgpu: /install a Vulkan driver .* or use --device cpu\.$/, cuda: /install CUDA 12 and cuDNN 9/ };

async function withEngine<Result>(device: 'cpu' | 'webgpu', use: () => Result): Promise<Result> {
  const engine = await selectEngine({ engine: 'onnxruntime', device, threads: 1 });
  try {
    return use();
  } finally {
    engine.dispose();
  }
}

describe.each(['webgpu', 'cuda'] as const)('--device %s', (device) => {
  it.skipIf(missing[device] === null)('says in one sentence what to install where it is missing', async () => {
    const selected = selectEngine({ engine: 'onnxruntime', device, threads: 1 });
    await expect(selected).rejects.toThrow(UserError);
    await expect(selected).rejects.toThrow(remedies[device]);
    await expect(selected).rejects.not.toThrow(/\n/);
  });
});

describe('a training step with --device webgpu', () => {
  it('gives the losses and weights of the processor', async (context) => {
    if (missing.webgpu !== null) context.skip(`no WebGPU device here: ${missing.webgpu}`);
    const train = () => trainTiny(2);
    const [reference, got] = [await withEngine('cpu', train), await withEngine('webgpu', train)];
    expectClose(got, reference, 1e-4, 'webgpu');
  });
});
