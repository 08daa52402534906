/**
 * Numbers of the form mantissa · 2^exponent, which sums and products of floating-point numbers are, without any rounding:
 * what is added up in them does not depend on the order.
 */
import { z } from 'zod';

export interface Dyadic {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export const zero: Dyadic = { mantissa: 0n, exponent: 0 };

export function add(a: Dyadic, b: Dyadic): Dyadic {
  const exponent = Math.min(a.exponent, b.exponent);
  return { mantissa: shifted(a, exponent) + shifted(b, exponent), exponent };
}

export function multiply(a: Dyadic, b: Dyadic): Dyadic {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent };
}

export const negative = ({ mantissa, exponent }: Dyadic): Dyadic => ({ mantissa: -mantissa, exponent });

/** Exactly the finite number that a double is. */
export function dyadicOf(value: number): Dyadic {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: high >>> 31 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/** numerator / divisor, rounded once to the nearest double (ties to even). @param divisor positive */
export function quotient({ mantissa, exponent }: Dyadic, divisor: bigint): number {
  const magnitude = mantissa < 0n ? -mantissa : mantissa;
  if (magnitude === 0n) return 0;
  // Enough bits to round by, and one more that says whether anything lies below them.
  const extraBits = Math.max(0, 66 + bitLength(divisor) - bitLength(magnitude));
  const scaled = magnitude << BigInt(extraBits);
  const sticky = scaled % divisor === 0n ? 0n : 1n;
  const whole = ((scaled / divisor) << 1n) | sticky;
  return (mantissa < 0n ? -1 : 1) * scaledNumber(whole, exponent - extraBits - 1);
}

/** whole · 2^exponent, for results that are no subnormal doubles. */
function scaledNumber(whole: bigint, exponent: number): number {
  const surplus = Math.max(0, bitLength(whole) - 1000);
  const kept = whole >> BigInt(surplus);
  // In two steps: one power of two alone may not be a double.
  const half = Math.trunc((exponent + surplus) / 2);
  return Number(kept) * 2 ** half * 2 ** (exponent + surplus - half);
}

const bitLength = (value: bigint): number => value.toString(16).length * 4;

const shifted = ({ mantissa, exponent }: Dyadic, to: number): bigint => mantissa << BigInt(exponent - to);

const pattern = /^(-?)0x([0-9a-f]+)p(-?\d{1,5})$/;

/** As C and Python write hexadecimal floats, `-0x1f3p-40`, of any length. */
export const dyadicSchema = z.string().regex(pattern, 'wanted a hexadecimal number such as 0x1f3p-40');

/** @param text that `dyadicSchema` accepted */
export function parseDyadic(text: string): Dyadic {
  const [, sign, digits, exponent] = pattern.exec(text) ?? [];
  const magnitude = BigInt(`0x${digits}`);
  return { mantissa: sign ? -magnitude : magnitude, exponent: Number(exponent) };
}

/** The same number always makes the same text. */
export function formatDyadic({ mantissa, exponent }: Dyadic): string {
  if (mantissa === 0n) return '0x0p0';
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString(16);
  const significant = digits.replace(/0+$/, '');
  const shift = 4 * (digits.length - significant.length);
  const trailing = trailingZeros(Number.parseInt(significant.slice(-1), 16));
  const odd = BigInt(`0x${significant}`) >> BigInt(trailing);
  return `${mantissa < 0n ? '-' : ''}0x${odd.toString(16)}p${exponent + shift + trailing}`;
}

const trailingZeros = (digit: number): number => 31 - Math.clz32(digit & -digit);
