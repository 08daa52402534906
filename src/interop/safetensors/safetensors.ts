/** Files of named tensors in the safetensors format (github.com/huggingface/safetensors): lazy reading, atomic writing. */
import type { FileHandle } from 'node:fs/promises';
import { appendBytes, type ByteSource, type Confirm, readRange, writeAtomically } from '../../files.js';
import { elementsOf, entryOf, float32Of, type TensorFile } from '../tensor-file.js';
import { openSound, UnsoundFileError } from '../unsound-file.js';
import { formatOf, type SafetensorsDtype, type TensorArray, tensorSizeBytes } from './dtypes.js';
import {
  inWritingOrder,
  metadataKey,
  parseHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  serializeHeader,
} from './safetensors-header.js';

export type { TensorEntry, TensorFile } from '../tensor-file.js';
export type { SafetensorsDtype, TensorArray } from './dtypes.js';
export type { SafetensorsEntry } from './safetensors-header.js';

/** The limit of the format's own library. */
const largestHeaderBytes = 100_000_000;

/** An open file of named tensors. */
export interface SafetensorsFile extends TensorFile<SafetensorsEntry> {
  /**
   * `rows` rows along axis 0 from `firstRow` on, as they stand in the file: float16 and bfloat16 as a Uint16Array of bit
   * patterns, float8 as a Uint8Array. Reads these rows alone.
   */
  readSlice(name: string, firstRow: number, rows: number): Promise<TensorArray>;
  /** These rows will be read soon, one by one. */
  expectRows(name: string, firstRow: number, rows: number): void;
  /** As `readSlice`, converted to float32. */
  readSliceFloat32(name: string, firstRow: number, rows: number): Promise<Float32Array>;
}

/**
 * Opens a safetensors file of any size and checks its whole header. Tensors are read when asked for.
 *
 * @throws UserError in one sentence where the file is missing, cut off or not what the format allows
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  return openSound(path, 'safetensors file', async (handle, sizeBytes) => {
    const { header, dataStart } = await readHeader(handle, sizeBytes, path);
    return fileOf(handle, header, dataStart, path);
  });
}

async function readHeader(handle: ByteSource, fileBytes: number, path: string) {
  if (fileBytes < 8) throw new UnsoundFileError(`it has ${fileBytes} bytes, fewer than the 8 of a header length`);
  const start = await readRange(handle, 0, 8, path);
  const headerBytes = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (headerBytes > largestHeaderBytes) {
    throw new UnsoundFileError(
      `it claims a header of ${headerBytes} bytes, more than the allowed ${largestHeaderBytes}`,
    );
  }
  const dataStart = 8 + headerBytes;
  if (dataStart > fileBytes) throw new UnsoundFileError(`its header of ${headerBytes} bytes goes past its end`);
  const json = decodeUtf8(await readRange(handle, 8, headerBytes, path));
  return { header: parseHeader(json, fileBytes - dataStart), dataStart };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UnsoundFileError('its header is not UTF-8 text', { cause: error });
  }
}

function fileOf(handle: ByteSource, header: SafetensorsHeader, dataStart: number, path: string): SafetensorsFile {
  const { metadata, entries } = header;
  const find = (name: string) => entryOf({ path, entries }, name);
  const readAll = (entry: SafetensorsEntry) => {
    return readRange(handle, dataStart + entry.offsetBytes, entry.sizeBytes, path);
  };
  const stretchOf = (entry: SafetensorsEntry, firstRow: number, rows: number): [position: number, length: number] => {
    const [height = 0] = entry.shape;
    if (!isRange(firstRow, rows, height)) {
      throw new RangeError(`Rows ${firstRow} to ${firstRow + rows} of tensor ${entry.name} with ${height} rows`);
    }
    const rowBytes = height === 0 ? 0 : entry.sizeBytes / height;
    return [dataStart + entry.offsetBytes + firstRow * rowBytes, rows * rowBytes];
  };
  const readRows = async (entry: SafetensorsEntry, firstRow: number, rows: number) => {
    return readRange(handle, ...stretchOf(entry, firstRow, rows), path);
  };
  const close = () => handle.close();
  return {
    path,
    metadata,
    entries,
    readBytes: (name) => readAll(find(name)),
    async readFloat32(name) {
      const entry = find(name);
      return float32Of(entry, await readAll(entry), path);
    },
    async readSlice(name, firstRow, rows) {
      const entry = find(name);
      return elementsOf(entry, await readRows(entry, firstRow, rows), path);
    },
    expectRows(name, firstRow, rows) {
      handle.expect?.(...stretchOf(find(name), firstRow, rows));
    },
    async readSliceFloat32(name, firstRow, rows) {
      const entry = find(name);
      return float32Of(entry, await readRows(entry, firstRow, rows), path);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isRange(first: number, count: number, size: number): boolean {
  return Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0 && first + count <= size;
}

/** A tensor on its way into a file. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * The elements, row-major: as an array of the dtype, as its raw bytes (Uint8Array), or as a Float32Array that is rounded
   * to F16 or BF16. A function is called when its tensor's turn comes, so that one tensor at a time is in memory; it may
   * also answer with the raw bytes in parts, for a tensor larger than memory.
   */
  readonly data: TensorArray | (() => TensorArray | Promise<TensorArray> | AsyncIterable<Uint8Array>);
}

/**
 * Writes a safetensors file. The same tensors and metadata make the same bytes, whatever their order, and the same bytes
 * as the format's own library makes.
 *
 * @param confirm see `writeAtomically`
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
  confirm?: Confirm,
): Promise<void> {
  const ordered = inWritingOrder(tensors);
  const header = serializeHeader({ metadata, entries: layOut(ordered) });
  const write = async (handle: FileHandle) => {
    await appendBytes(handle, header);
    for (const tensor of ordered) {
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
      if (Symbol.asyncIterator in data) await appendParts(handle, tensor, data);
      else await appendBytes(handle, bytesOf(tensor, data));
    }
  };
  await writeAtomically(path, write, confirm);
}

function layOut(tensors: readonly TensorToWrite[]): Map<string, SafetensorsEntry> {
  const entries = new Map<string, SafetensorsEntry>();
  let offsetBytes = 0;
  for (const { name, dtype, shape } of tensors) {
    const sizeBytes = tensorSizeBytes(dtype, shape);
    if (sizeBytes === undefined) throw new Error(`Tensor ${name}: ${dtype} [${shape}] is no whole number of bytes`);
    if (name === metadataKey || entries.has(name)) throw new Error(`Tensor name ${name} is taken`);
    entries.set(name, { name, dtype, shape, sizeBytes, offsetBytes });
    offsetBytes += sizeBytes;
  }
  return entries;
}

async function appendParts(handle: FileHandle, tensor: TensorToWrite, parts: AsyncIterable<Uint8Array>) {
  const { name, dtype, shape } = tensor;
  let sizeBytes = 0;
  for await (const part of parts) {
    await appendBytes(handle, part);
    sizeBytes += part.byteLength;
  }
  if (sizeBytes === tensorSizeBytes(dtype, shape)) return;
  throw new Error(`Tensor ${name}: got parts of ${sizeBytes} bytes for ${dtype} [${shape}]`);
}

function bytesOf({ name, dtype, shape }: TensorToWrite, data: TensorArray): Uint8Array {
  const { array, fromFloat32 } = formatOf(dtype);
  const rounded = data instanceof Float32Array && fromFloat32 !== undefined ? fromFloat32(data) : data;
  const isOfDtype = rounded instanceof Uint8Array || (array !== undefined && rounded instanceof array);
  if (!isOfDtype || rounded.byteLength !== tensorSizeBytes(dtype, shape)) {
    throw new Error(`Tensor ${name}: got ${data.length} elements of ${data.constructor.name} for ${dtype} [${shape}]`);
  }
  return new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength);
}
