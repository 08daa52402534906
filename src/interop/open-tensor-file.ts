/** Files of named tensors, whichever of the formats they have. */
import { openForReading, readRange } from '../files.js';
import { openSafetensors } from './safetensors/safetensors.js';
import type { TensorFile } from './tensor-file.js';
import { openTorchFile } from './torch/torch-file.js';

/** Opens a safetensors file or one of torch.save (.pth, .pt, .ckpt), told apart by their first bytes. */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const { handle, sizeBytes } = await openForReading(path);
  const start = Buffer.from(await readRange(handle, 0, Math.min(sizeBytes, 2), path)).toString('latin1');
  await handle.close();
  return start === 'PK' || start === '\x80\x02' ? openTorchFile(path) : openSafetensors(path);
}
