/** What every file of named tensors offers, whatever its format. */
import { UserError } from '../errors.js';
import { formatOf, type SafetensorsDtype, type TensorArray } from './safetensors/dtypes.js';

/** A tensor of a file, before it is read. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Of its elements, without gaps. */
  readonly sizeBytes: number;
}

/** An open file of named tensors. Nothing but the names is in memory until a tensor is read. */
export interface TensorFile<Entry extends TensorEntry = TensorEntry> extends AsyncDisposable {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the file's own order. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** A tensor's elements, row-major, as float32. */
  readFloat32(name: string): Promise<Float32Array>;
  /** A tensor's elements, row-major, as the bytes of its dtype, little-endian. */
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** The entry of that name, or a `UserError` that tells what the file holds instead. */
export function entryOf<Entry extends TensorEntry>(file: Pick<TensorFile<Entry>, 'path' | 'entries'>, name: string) {
  const entry = file.entries.get(name);
  if (entry !== undefined) return entry;
  const held = [...file.entries.keys()];
  const some = held.slice(0, 3).join(', ') + (held.length > 3 ? ', …' : '');
  throw new UserError(`${file.path} has no tensor ${name}; it has ${held.length === 0 ? 'none' : some}.`);
}

/** Views the bytes of a tensor as its elements. */
export function elementsOf(entry: TensorEntry, bytes: Uint8Array<ArrayBuffer>, path: string): TensorArray {
  const { array } = formatOf(entry.dtype);
  if (array === undefined) throw unreadable(entry, path);
  return new array(bytes.buffer);
}

/** The bytes of a tensor as float32. */
export function float32Of(entry: TensorEntry, bytes: Uint8Array<ArrayBuffer>, path: string): Float32Array {
  const { toFloat32 } = formatOf(entry.dtype);
  if (toFloat32 === undefined) throw unreadable(entry, path);
  return toFloat32(elementsOf(entry, bytes, path));
}

function unreadable({ name, dtype }: TensorEntry, path: string): UserError {
  return new UserError(`Tensor ${name} of ${path} has elements of ${dtype}, which are not read as numbers here.`);
}
