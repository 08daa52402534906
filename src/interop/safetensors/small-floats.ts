/** Floats of 16 bits and fewer: what each bit pattern means, and rounding float32 to them. */
import { Float16Array } from '@petamoriken/float16';

/**
 * How a format spends its largest exponent. `ieee`: infinities and NaN; `allOnes`: only the pattern of all ones is NaN;
 * `negativeZero`: the pattern of -0 is NaN and there is no infinity.
 */
type SpecialValues = 'ieee' | 'allOnes' | 'negativeZero';

/**
 * The value of every bit pattern of a float with a sign, `exponentBits` and `mantissaBits`
 * (IEEE 754-2019 section 3.4; for 8 bits: Micikevicius et al., arXiv 2209.05433, and Noune et al., arXiv 2206.02915).
 */
export function valuesOfPatterns(
  exponentBits: number,
  mantissaBits: number,
  bias: number,
  special: SpecialValues,
): Float32Array {
  const magnitudes = 2 ** (exponentBits + mantissaBits);
  const fractions = 2 ** mantissaBits;
  const magnitude = (pattern: number): number => {
    const exponent = Math.floor(pattern / fractions);
    const fraction = (pattern % fractions) / fractions;
    if (special === 'ieee' && exponent === 2 ** exponentBits - 1) return fraction === 0 ? Infinity : NaN;
    if (special === 'allOnes' && pattern === magnitudes - 1) return NaN;
    return exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  };
  return Float32Array.from({ length: 2 * magnitudes }, (_, pattern) => {
    if (pattern < magnitudes) return magnitude(pattern);
    if (special === 'negativeZero' && pattern === magnitudes) return NaN;
    return -magnitude(pattern - magnitudes);
  });
}

/** The nearest float16 bit patterns, ties to even. */
export function float16Patterns(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** The nearest bfloat16 bit patterns, ties to even; a NaN stays one. */
export function bfloat16Patterns(values: Float32Array): Uint16Array {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let index = 0; index < rounded.length; index++) {
    const pattern = patterns[index] as number;
    const isNaNPattern = (pattern & 0x7fffffff) > 0x7f800000;
    const roundUp = 0x7fff + ((pattern >>> 16) & 1);
    rounded[index] = isNaNPattern ? (pattern >>> 16) | 0x40 : (pattern + roundUp) >>> 16;
  }
  return rounded;
}

export function float32OfBfloat16(patterns: Uint16Array): Float32Array {
  // A loop: `from` with a function takes fifty times as long, ten seconds for LDM's largest network.
  const wide = new Uint32Array(patterns.length);
  for (let index = 0; index < wide.length; index++) wide[index] = (patterns[index] as number) << 16;
  return new Float32Array(wide.buffer);
}
