/**
 * Exact sums of float32 numbers and of their squares. A number is a whole mantissa of 24 bits times a power of two, so numbers
 * of one exponent are added up as whole numbers, and the sums of all exponents put together at the end.
 */
import { UserError } from '../../../errors.js';
import { add, type Dyadic, zero } from './dyadic.js';

export interface FloatSums {
  /** Adds the finite numbers from `first` up to `end`. */
  add(values: Float32Array, first: number, end: number): void;
  sum(): Dyadic;
  squares(): Dyadic;
}

const exponents = 256;
/** A float32 is a whole number times 2 to the power of its biased exponent less this. */
const bias = 150;
const halfMantissa = 2 ** 24;
/** So many mantissas of 24 bits add up to less than 2^53. */
const mostAdded = 2 ** 29;

/** @param withSquares whether the squares are wanted too */
export function createFloatSums(withSquares: boolean): FloatSums {
  const sums = new Float64Array(exponents);
  const [high, low] = [new Float64Array(exponents), new Float64Array(exponents)];
  let [sum, squares] = [zero, zero];
  let added = 0;

  function drain(): void {
    for (let exponent = 0; exponent < exponents; exponent++) {
      if (sums[exponent] === 0 && high[exponent] === 0 && low[exponent] === 0) continue;
      if (exponent === exponents - 1) throw new UserError('Got latents that are not finite: encode the images again.');
      const power = Math.max(exponent, 1) - bias;
      sum = add(sum, { mantissa: BigInt(sums[exponent] as number), exponent: power });
      const square = (BigInt(high[exponent] as number) << 24n) + BigInt(low[exponent] as number);
      squares = add(squares, { mantissa: square, exponent: 2 * power });
    }
    for (const bins of [sums, high, low]) bins.fill(0);
    added = 0;
  }

  return {
    add(values, first, end) {
      if (added + end - first > mostAdded) drain();
      added += end - first;
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let index = first; index < end; index++) {
        const word = bits[index] as number;
        const exponent = (word >>> 23) & 0xff;
        const mantissa = (word & 0x7fffff) | (exponent === 0 ? 0 : 0x800000);
        sums[exponent] = (sums[exponent] as number) + (word >>> 31 ? -mantissa : mantissa);
        if (!withSquares) continue;
        const square = mantissa * mantissa;
        const upper = Math.floor(square / halfMantissa);
        high[exponent] = (high[exponent] as number) + upper;
        low[exponent] = (low[exponent] as number) + (square - upper * halfMantissa);
      }
    },
    sum() {
      drain();
      return sum;
    },
    squares() {
      drain();
      return squares;
    },
  };
}
