/** Weights of ours as a file. */
import type { Parameters } from '../../nn/parameters.js';
import { toTorchLayout, toTorchShape } from '../layouts.js';
import { writeSafetensors } from '../safetensors/safetensors.js';

/** Writes parameters under diffusers' names in PyTorch's layout. */
export async function saveModel(
  path: string,
  parameters: Parameters,
  dtype: 'F32' | 'F16' | 'BF16' = 'F32',
): Promise<void> {
  const tensors = [...parameters].map(([name, variable]) => ({
    name,
    dtype,
    shape: toTorchShape(variable.shape),
    data: async () => toTorchLayout((await variable.data()) as Float32Array, variable.shape),
  }));
  await writeSafetensors(path, tensors, { format: 'pt' });
}
