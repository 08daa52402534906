/** NumPy's array file, version 1.0 (github.com/numpy/numpy, doc/neps/nep-0001-npy-format.rst). */

export type NpyDtype = '<f4' | '<i8';

/** Everything of a .npy file before its elements: magic, version, and a dictionary padded to a multiple of 64 bytes. */
export function npyHeader(dtype: NpyDtype, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefixBytes = 10;
  const length = Math.ceil((prefixBytes + dictionary.length + 1) / 64) * 64 - prefixBytes;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8]);
  return Buffer.concat([prefix, Buffer.from(`${dictionary.padEnd(length - 1)}\n`)]);
}

export function npyFile(values: Float32Array | BigInt64Array, shape: readonly number[]): Buffer {
  const dtype = values instanceof Float32Array ? '<f4' : '<i8';
  return Buffer.concat([npyHeader(dtype, shape), bytesOf(values)]);
}

export function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
