/** What the backend remembers between a tfjs call and the moment when somebody reads a number. */

import type { Permutation } from '../graph/layout.js';
import type { KernelSpec } from '../kernels/kernel.js';
import type { Numbers, TensorMeta } from '../numbers.js';
import type { DeviceTensor } from '../run/runtime.js';

/** Known numbers in the physical order `layout` (absent: tfjs' own order): in memory, on the device, or on both. */
export interface StoredNumbers {
  data?: Numbers | undefined;
  resident?: DeviceTensor | undefined;
  /** Whether `data` is an array of the engine's that nobody else has seen. */
  isPrivate?: boolean;
  readonly layout?: Permutation;
}

/** A tensor of this backend: either `stored`, or still to be computed by `origin`. */
export interface Value extends TensorMeta {
  references: number;
  stored: StoredNumbers | undefined;
  origin: KernelRecord | undefined;
  /** Which output of `origin` this is. */
  outputIndex: number;
}

/** A tensor of which nothing is known yet. */
export const newValue = ({ shape, dtype }: TensorMeta, references: number): Value => ({
  shape,
  dtype,
  references,
  stored: undefined,
  origin: undefined,
  outputIndex: 0,
});

/** A value as one kernel sees it: reshaping copies nothing, so the shape belongs to the use. */
export interface Operand {
  readonly value: Value;
  readonly shape: readonly number[];
}

/** A kernel call that was made but not computed yet. */
export interface KernelRecord {
  readonly spec: KernelSpec;
  readonly operands: readonly (Operand | undefined)[];
  readonly attributes: object;
  readonly outputs: readonly Value[];
  /** Names kernel, attributes, shapes and dtypes. */
  readonly signature: number;
  /** Set while planning. */
  needed: boolean;
  index: number;
}
