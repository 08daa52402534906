/** Random fields whose spectrum falls like that of photographs. */
import type { RandomStream } from '../../random.js';

/** A continuous function of a point of [0, 1]². */
export type Field = (x: number, y: number) => number;

/** Cells per axis of the table in which a finished field is kept. */
const resolution = 128;

/**
 * A sum of octaves of smoothly interpolated random lattices, each twice as fine as the one before and `persistence`
 * times as strong: 0.5 gives the 1/f amplitude spectrum of natural images (Field, J. Opt. Soc. Am. A 4, 1987). Mean 0,
 * standard deviation about 1.
 *
 * @param octaves at most 6: the finest lattice then has 64 cells per axis
 */
export function fractalField(random: RandomStream, octaves: number, persistence: number): Field {
  const sum = new Float32Array((resolution + 1) ** 2);
  const weights = Array.from({ length: octaves }, (_, octave) => persistence ** octave);
  const scale = 1.8 / Math.hypot(...weights);
  weights.forEach((weight, octave) => {
    addLattice(sum, random, 2 ** (octave + 1), weight * scale);
  });
  return interpolated(sum, resolution, (t) => t);
}

/** The same along a line, at any x of [0, 1]. */
export function fractalLine(random: RandomStream, octaves: number, persistence: number): (x: number) => number {
  const scale = 1.8 / Math.hypot(...Array.from({ length: octaves }, (_, octave) => persistence ** octave));
  const lines = Array.from({ length: octaves }, (_, octave) => {
    const cells = 2 ** (octave + 1);
    return { cells, values: Float32Array.from({ length: cells + 1 }, () => random.normal() * persistence ** octave) };
  });
  return (x) => {
    let sum = 0;
    for (const { cells, values } of lines) {
      const cell = Math.min(Math.max(Math.floor(x * cells), 0), cells - 1);
      const right = ease(x * cells - cell);
      sum += (values[cell] as number) * (1 - right) + (values[cell + 1] as number) * right;
    }
    return sum * scale;
  };
}

function addLattice(sum: Float32Array, random: RandomStream, cells: number, weight: number): void {
  const values = Float32Array.from({ length: (cells + 1) ** 2 }, () => random.normal());
  const lattice = interpolated(values, cells, ease);
  for (let row = 0; row <= resolution; row++) {
    for (let column = 0; column <= resolution; column++) {
      const at = row * (resolution + 1) + column;
      sum[at] = (sum[at] as number) + weight * lattice(column / resolution, row / resolution);
    }
  }
}

/** A smooth step from 0 to 1. */
function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

/** `values` at the corners of cells × cells squares, and in between as `blend` says. */
function interpolated(values: Float32Array, cells: number, blend: (t: number) => number): Field {
  return (x, y) => {
    const column = Math.min(Math.max(Math.floor(x * cells), 0), cells - 1);
    const row = Math.min(Math.max(Math.floor(y * cells), 0), cells - 1);
    const [right, down] = [blend(x * cells - column), blend(y * cells - row)];
    const at = row * (cells + 1) + column;
    const below = at + cells + 1;
    const top = (values[at] as number) * (1 - right) + (values[at + 1] as number) * right;
    const bottom = (values[below] as number) * (1 - right) + (values[below + 1] as number) * right;
    return top * (1 - down) + bottom * down;
  };
}
