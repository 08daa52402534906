/** Weights that torch.save wrote (.pth, .pt, .ckpt), read without running anything in them. */
import { type ByteSource, readRange } from '../../files.js';
import { formatOf } from '../safetensors/dtypes.js';
import { entryOf, float32Of, type TensorEntry, type TensorFile } from '../tensor-file.js';
import { asUserError, openSound } from '../unsound-file.js';
import { stateDictOf } from './state-dict.js';
import { readTorchContainer, type TorchContainer } from './torch-container.js';
import type { TorchTensor } from './torch-objects.js';

const format = 'PyTorch weight file';

interface TorchEntry extends TensorEntry {
  readonly tensor: TorchTensor;
}

/**
 * Opens a file of `torch.save` of any size: a state dict, or a checkpoint that holds one. Its pickle is read by a machine
 * that knows what weights are made of and refuses all else; tensors are read when asked for.
 *
 * @throws UserError in one sentence where the file is missing, damaged, or holds something other than weights
 */
export function openTorchFile(path: string): Promise<TensorFile> {
  return openSound(path, format, async (handle, sizeBytes) => {
    const container = await readTorchContainer(handle, sizeBytes, path);
    return fileOf(handle, container, path);
  });
}

function fileOf(handle: ByteSource, { root, locate }: TorchContainer, path: string): TensorFile {
  const entries = entriesOf(stateDictOf(root));
  const readBytes = async ({ tensor, sizeBytes }: TorchEntry) => {
    if (sizeBytes === 0) return new Uint8Array(0);
    const itemBytes = formatOf(tensor.dtype).bits / 8;
    const spanBytes = isContiguous(tensor) ? sizeBytes : (lastElement(tensor) + 1) * itemBytes;
    try {
      const position = (await locate(tensor.storage)) + tensor.offset * itemBytes;
      const span = await readRange(handle, position, spanBytes, path);
      return isContiguous(tensor) ? span : gather(tensor, span, itemBytes);
    } catch (error) {
      throw asUserError(error, path, format);
    }
  };
  const close = () => handle.close();
  return {
    path,
    metadata: scalarsOf(root),
    entries,
    readBytes: (name) => readBytes(entryOf({ path, entries }, name)),
    async readFloat32(name) {
      const entry = entryOf({ path, entries }, name);
      return float32Of(entry, await readBytes(entry), path);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function entriesOf(tensors: ReadonlyMap<string, TorchTensor>): ReadonlyMap<string, TorchEntry> {
  const entries = [...tensors].map(([name, tensor]): [string, TorchEntry] => {
    const { dtype, shape } = tensor;
    const sizeBytes = (shape.reduce((product, size) => product * size, 1) * formatOf(dtype).bits) / 8;
    return [name, { name, dtype, shape, sizeBytes, tensor }];
  });
  return new Map(entries);
}

/** What stands beside the weights and is one word long, such as `global_step`. */
function scalarsOf(root: unknown): Record<string, string> {
  const items = root instanceof Map ? [...root] : [];
  const scalars = items.filter(([key, value]) => typeof key === 'string' && /number|string|boolean/.test(typeof value));
  return Object.fromEntries(scalars.map(([key, value]) => [key, String(value)]));
}

/** Whether the elements lie row-major and without gaps. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  let wanted = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== wanted) return false;
    wanted *= shape[axis] as number;
  }
  return true;
}

/** Index of the last element, counted from the first, in a tensor that has any. */
function lastElement({ shape, strides }: TorchTensor): number {
  return shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] as number), 0);
}

/** The elements of a strided view, row-major. */
function gather({ shape, strides }: TorchTensor, span: Uint8Array, itemBytes: number): Uint8Array<ArrayBuffer> {
  const elements = shape.reduce((product, size) => product * size, 1);
  const gathered = new Uint8Array(elements * itemBytes);
  const index = shape.map(() => 0);
  let source = 0;
  for (let target = 0; target < gathered.length; target += itemBytes) {
    for (let byte = 0; byte < itemBytes; byte++) {
      gathered[target + byte] = span[source * itemBytes + byte] as number;
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      source -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return gathered;
}
