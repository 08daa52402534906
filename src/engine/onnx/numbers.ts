/** The numbers that the engine computes with, and the arrays that they stand in. */

export type NumericType = 'float32' | 'int32' | 'bool';
/** What the engine's tensors stand in. */
export type Numbers = Float32Array | Int32Array | Uint8Array;

/** Whose arrays hold numbers of a type, as tfjs has it. */
export const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** What is known of a tensor without its numbers. */
export interface TensorMeta {
  readonly shape: readonly number[];
  readonly dtype: NumericType;
}
