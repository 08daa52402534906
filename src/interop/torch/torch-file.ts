/** Weights that torch.save wrote (.pth, .pt, .ckpt), read without running anything in them. */
import type { FileHandle } from 'node:fs/promises';
import { readRange } from '../../files.js';
import { formatOf } from '../safetensors/dtypes.js';
import { entryOf, float32Of, type TensorEntry, type TensorFile } from '../tensor-file.js';
import { asUserError, openSound, UnsoundFileError } from '../unsound-file.js';
import { readTorchContainer, type TorchContainer } from './torch-container.js';
import { TorchTensor } from './torch-objects.js';

const format = 'PyTorch weight file';

interface TorchEntry extends TensorEntry {
  readonly tensor: TorchTensor;
}

/** Where checkpoints of the usual trainers keep their weights, the averaged ones before the others. */
const stateDictKeys = ['state_dict', 'ema', 'model_ema', 'params_ema', 'model', 'params'];

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

function fileOf(handle: FileHandle, { root, locate }: TorchContainer, path: string): TensorFile {
  const { dict, notes } = stateDictOf(root, path);
  const entries = entriesOf(dict);
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
    notes,
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

/** The weights of a checkpoint: under one of the usual keys, at its root, or in all of its dicts together. */
function stateDictOf(root: unknown, path: string): { dict: ReadonlyMap<unknown, unknown>; notes: string[] } {
  const holdsTensors = (value: unknown): value is ReadonlyMap<unknown, unknown> =>
    value instanceof Map && tensorsOf(value).length > 0;
  const dicts = (root instanceof Map ? [...root] : []).filter(
    (item): item is [string, ReadonlyMap<unknown, unknown>] => typeof item[0] === 'string' && holdsTensors(item[1]),
  );
  const [key, ...others] = stateDictKeys.filter((usual) => dicts.some(([name]) => name === usual));
  if (key !== undefined) {
    const notes = others.map((other) => `${path} holds weights under ${key} and ${other}: took ${key}.`);
    return { dict: (root as ReadonlyMap<unknown, unknown>).get(key) as ReadonlyMap<unknown, unknown>, notes };
  }
  if (holdsTensors(root)) return { dict: root, notes: [] };
  if (dicts.length === 0) throw new UnsoundFileError('it holds no weights by name');
  const joined = dicts.flatMap(([name, dict]) =>
    tensorsOf(dict).map(([inner, tensor]) => [`${name}.${inner}`, tensor]),
  );
  return { dict: new Map(joined as [string, TorchTensor][]), notes: [] };
}

function tensorsOf(dict: ReadonlyMap<unknown, unknown>): [string, TorchTensor][] {
  return [...dict].filter(
    (item): item is [string, TorchTensor] => typeof item[0] === 'string' && item[1] instanceof TorchTensor,
  );
}

function entriesOf(stateDict: ReadonlyMap<unknown, unknown>): ReadonlyMap<string, TorchEntry> {
  const entries = tensorsOf(stateDict).map(([name, tensor]): [string, TorchEntry] => {
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
