/** Ways from one latent to another. */

/** A point at `t` in [0, 1] between two latents of the same length. */
export type Interpolation = (from: Float32Array, to: Float32Array, t: number) => Float32Array;

/** Along the straight line. Half-way between two independent draws of N(0, I) it is shorter than either by √2. */
export const linear: Interpolation = (from, to, t) => from.map((value, at) => (1 - t) * value + t * to[at]!);

/** Below this sine of the angle the arc is the line, but for rounding. */
const leastSine = 1e-6;

/**
 * Along the great circle: sin((1-t)Ω)/sin Ω · from + sin(tΩ)/sin Ω · to, where Ω is the angle between them (Shoemake 1985;
 * for latents White, arXiv 1609.04468, section 2.1). Between latents of equal length it keeps that length, and with it how
 * likely the prior finds them. Opposite latents have no one arc between them and get the line.
 */
export const spherical: Interpolation = (from, to, t) => {
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  // Latents of length zero have no angle.
  if (!(sine > leastSine)) return linear(from, to, t);
  const [before, after] = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return from.map((value, at) => before * value + after * to[at]!);
};

/** `steps` latents from `from` to `to`, both included, one after the other. */
export function stripOf(
  from: Float32Array,
  to: Float32Array,
  steps: number,
  interpolation: Interpolation,
): Float32Array {
  const strip = new Float32Array(steps * from.length);
  for (let step = 0; step < steps; step++) {
    strip.set(interpolation(from, to, steps === 1 ? 0 : step / (steps - 1)), step * from.length);
  }
  return strip;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0);
}
