/** Which tensors a checkpoint holds, and by which names, whatever dicts its trainer put them in. */
import { UnsoundFileError } from '../unsound-file.js';
import { TorchTensor } from './torch-objects.js';

/** Dicts of dicts of dicts: of a checkpoint inside a checkpoint, and a module in it. */
const deepest = 4;

/**
 * The tensors below `root`. Where one dict holds them all they have their names in it; else the keys of the dicts stand before
 * their names, as in `ema.encoder.conv_in.weight`, so that whoever looks for a model sees how many there are.
 */
export function stateDictOf(root: unknown): ReadonlyMap<string, TorchTensor> {
  const places: { readonly prefix: string; readonly tensors: [string, TorchTensor][] }[] = [];
  const visited = new Set<unknown>();
  const visit = (value: unknown, prefix: string, depth: number) => {
    if (!(value instanceof Map) || depth > deepest || visited.has(value)) return;
    visited.add(value);
    const named = [...value].filter((item): item is [string, unknown] => typeof item[0] === 'string');
    const tensors = named.filter((item): item is [string, TorchTensor] => item[1] instanceof TorchTensor);
    if (tensors.length > 0) places.push({ prefix, tensors });
    for (const [key, inner] of named) visit(inner, `${prefix}${key}.`, depth + 1);
  };
  visit(root, '', 0);
  if (places.length === 0) throw new UnsoundFileError('it holds no weights by name');
  const isOne = places.length === 1;
  return new Map(
    places.flatMap(({ prefix, tensors }) =>
      tensors.map(([name, tensor]) => [isOne ? name : prefix + name, tensor] as const),
    ),
  );
}
