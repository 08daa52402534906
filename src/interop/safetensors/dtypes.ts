/** Number formats of tensor files: their sizes, their typed arrays, and how they become float32 and back. */
import { bfloat16Patterns, float16Patterns, float32OfBfloat16, valuesOfPatterns } from './small-floats.js';

/** Elements as they stand in the file. Formats that JavaScript lacks appear as their bit patterns. */
export type TensorArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type TensorArrayConstructor = (new (buffer: ArrayBuffer) => TensorArray) & { readonly BYTES_PER_ELEMENT: number };

interface Format {
  readonly bits: number;
  /** Views the file's bytes. Absent where an element is no whole number of bytes or no single number. */
  readonly array?: TensorArrayConstructor;
  readonly toFloat32?: (elements: TensorArray) => Float32Array;
  readonly fromFloat32?: (values: Float32Array) => TensorArray;
}

const convert = (elements: TensorArray) => new Float32Array(elements as Exclude<TensorArray, BigArray>);
const convertBig = (elements: TensorArray) => Float32Array.from(elements as BigUint64Array, Number);
type BigArray = BigInt64Array | BigUint64Array;

/** Looks values up in a table that is made at first use. */
function lookUp(makeTable: () => Float32Array): (elements: TensorArray) => Float32Array {
  let table: Float32Array | undefined;
  return (elements) => {
    table ??= makeTable();
    const values = new Float32Array(elements.length);
    for (let index = 0; index < values.length; index++) {
      values[index] = table[elements[index] as number] as number;
    }
    return values;
  };
}

const powersOfTwo = () => Float32Array.from({ length: 256 }, (_, bits) => (bits === 255 ? NaN : 2 ** (bits - 127)));

/** All formats of safetensors 0.8, in its order, which is also the reverse of the order in which it writes tensors. */
const formats = {
  BOOL: { bits: 8, array: Uint8Array, toFloat32: convert },
  F4: { bits: 4 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  U8: { bits: 8, array: Uint8Array, toFloat32: convert },
  I8: { bits: 8, array: Int8Array, toFloat32: convert },
  F8_E5M2: { bits: 8, array: Uint8Array, toFloat32: lookUp(() => valuesOfPatterns(5, 2, 15, 'ieee')) },
  F8_E4M3: { bits: 8, array: Uint8Array, toFloat32: lookUp(() => valuesOfPatterns(4, 3, 7, 'allOnes')) },
  F8_E8M0: { bits: 8, array: Uint8Array, toFloat32: lookUp(powersOfTwo) },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array, toFloat32: lookUp(() => valuesOfPatterns(4, 3, 8, 'negativeZero')) },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array, toFloat32: lookUp(() => valuesOfPatterns(5, 2, 16, 'negativeZero')) },
  I16: { bits: 16, array: Int16Array, toFloat32: convert },
  U16: { bits: 16, array: Uint16Array, toFloat32: convert },
  F16: {
    bits: 16,
    array: Uint16Array,
    toFloat32: lookUp(() => valuesOfPatterns(5, 10, 15, 'ieee')),
    fromFloat32: float16Patterns,
  },
  BF16: {
    bits: 16,
    array: Uint16Array,
    toFloat32: (elements) => float32OfBfloat16(elements as Uint16Array),
    fromFloat32: bfloat16Patterns,
  },
  I32: { bits: 32, array: Int32Array, toFloat32: convert },
  U32: { bits: 32, array: Uint32Array, toFloat32: convert },
  F32: { bits: 32, array: Float32Array, toFloat32: (elements) => elements as Float32Array },
  C64: { bits: 64 },
  F64: { bits: 64, array: Float64Array, toFloat32: convert },
  I64: { bits: 64, array: BigInt64Array, toFloat32: convertBig },
  U64: { bits: 64, array: BigUint64Array, toFloat32: convertBig },
} satisfies Record<string, Format>;

/** A number format of a safetensors file. */
export type SafetensorsDtype = keyof typeof formats;

export const safetensorsDtypes = Object.keys(formats) as SafetensorsDtype[];

export function formatOf(dtype: SafetensorsDtype): Format {
  return formats[dtype];
}

export function isSafetensorsDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === 'string' && Object.hasOwn(formats, name);
}

/**
 * Bytes of a tensor, or undefined where its elements end within a byte or are more than a double counts exactly.
 */
export function tensorSizeBytes(dtype: SafetensorsDtype, shape: readonly number[]): number | undefined {
  const elements = shape.reduce((product, size) => (Number.isSafeInteger(product) ? product * size : NaN), 1);
  const sizeBytes = (elements * formatOf(dtype).bits) / 8;
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined;
}
