/** NumPy's array files, read (github.com/numpy/numpy, doc/neps/nep-0001-npy-format.rst). */

import { formatOf, type SafetensorsDtype } from '../safetensors/dtypes.js';
import { UnsoundFileError } from '../unsound-file.js';

export interface NumpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

const dtypes: Readonly<Record<string, SafetensorsDtype>> = {
  '|b1': 'BOOL',
  '|u1': 'U8',
  '|i1': 'I8',
  '<f2': 'F16',
  '<f4': 'F32',
  '<f8': 'F64',
  '<i2': 'I16',
  '<u2': 'U16',
  '<i4': 'I32',
  '<u4': 'U32',
  '<i8': 'I64',
  '<u8': 'U64',
};

/** @throws UnsoundFileError for what is no array of numbers in this machine's order */
export function readNpy(bytes: Uint8Array): NumpyArray {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || buffer.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new UnsoundFileError('it does not begin as .npy does');
  const isFirst = buffer[6] === 1;
  const start = isFirst ? 10 : 12;
  const end = start + (isFirst ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8));
  const header = buffer.toString('latin1', start, Math.min(end, buffer.length));
  const descr = header.match(/'descr': *'([^']*)'/)?.[1] ?? '';
  const dtype = Object.hasOwn(dtypes, descr) ? dtypes[descr] : undefined;
  const text = header.match(/'shape': *\(([\d, ]*)\)/)?.[1];
  if (dtype === undefined || text === undefined)
    throw new UnsoundFileError(`its header tells of no numbers that are read here (${descr || 'unreadable'})`);
  if (!/'fortran_order': *False/.test(header)) throw new UnsoundFileError('its columns come first, wanted rows');
  const shape = text.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const sizeBytes = (shape.reduce((product, size) => product * size, 1) * formatOf(dtype).bits) / 8;
  if (buffer.length - end !== sizeBytes)
    throw new UnsoundFileError(
      `its header promises ${sizeBytes} bytes of elements, it has ${Math.max(0, buffer.length - end)}`,
    );
  const { array, toFloat32 } = formatOf(dtype);
  const elements = new Uint8Array(buffer.subarray(end)); // a copy, aligned for any element
  return { shape, values: toFloat32!(new array!(elements.buffer)) };
}
