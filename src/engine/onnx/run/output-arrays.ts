/** Arrays that graphs write their outputs into, used again as soon as nobody needs what stands in them. */
import { arrayTypes, type Numbers, type NumericType } from '../numbers.js';

export class OutputArrays {
  /** Given back since the latest run, and before it. What a whole run had no use for is let go of. */
  private recent = new Map<string, Numbers[]>();
  private older = new Map<string, Numbers[]>();

  /** An array that nobody else has; what stands in it is of no meaning. */
  take(dtype: NumericType, length: number): Numbers {
    const key = `${dtype} ${length}`;
    return this.recent.get(key)?.pop() ?? this.older.get(key)?.pop() ?? new arrayTypes[dtype](length);
  }

  /** From now on the array may be written to. */
  give(dtype: NumericType, array: Numbers): void {
    const key = `${dtype} ${array.length}`;
    const arrays = this.recent.get(key);
    if (arrays) arrays.push(array);
    else this.recent.set(key, [array]);
  }

  /** To be called after every run; returns the bytes let go of. */
  age(): number {
    const bytes = [...this.older.values()].flat().reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.older = this.recent;
    this.recent = new Map();
    return bytes;
  }
}
