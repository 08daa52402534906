/** NumPy's array file, version 1.0 (github.com/numpy/numpy, doc/neps/nep-0001-npy-format.rst). */

export type NpyDtype = '<f4' | '<i4' | '<i8';

/** What array files hold here. */
export type NpyArray = Float32Array | Int32Array | BigInt64Array;

/** Everything of a .npy file before its elements: magic, version, and a dictionary padded to a multiple of 64 bytes. */
export function npyHeader(dtype: NpyDtype, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefixBytes = 10;
  const length = Math.ceil((prefixBytes + dictionary.length + 1) / 64) * 64 - prefixBytes;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8]);
  return Buffer.concat([prefix, Buffer.from(`${dictionary.padEnd(length - 1)}\n`)]);
}

export function npyFile(values: NpyArray, shape: readonly number[]): Buffer {
  return Buffer.concat([npyHeader(dtypeOf(values), shape), bytesOf(values)]);
}

function dtypeOf(values: NpyArray): NpyDtype {
  if (values instanceof BigInt64Array) return '<i8';
  return values instanceof Float32Array ? '<f4' : '<i4';
}

export function bytesOf(values: NpyArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
