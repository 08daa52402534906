import { describe, expect, it } from 'vitest';
import type { Plane } from '../../../src/evaluation/measures/pixel-image.js';
import { gridEnergy } from '../../../src/evaluation/measures/sharpness/grid-energy.js';
import { normals } from '../../../src/random.js';

const side = 128;
const plane = (value: (x: number, y: number) => number): Plane => ({
  values: Float64Array.from({ length: side * side }, (_, at) => value(at % side, Math.floor(at / side))),
  width: side,
  height: side,
});

describe('the energy of a grid', () => {
  it('is sqrt(period - 1) for flat squares, whose edges all lie on one phase', () => {
    const squares = plane((x, y) => (((x >> 2) + (y >> 2)) % 2) * 100);
    expect(gridEnergy(squares, 4)).toBeCloseTo(Math.sqrt(3), 10);
  });

  it('is that of every second phase for a finer grid: 1 for squares of 2 px at period 4', () => {
    const squares = plane((x, y) => (((x >> 1) + (y >> 1)) % 2) * 100);
    expect(gridEnergy(squares, 4)).toBeCloseTo(1, 10);
  });

  it('is near nothing in noise, and grows with a grid laid over it', () => {
    const noise = normals(side * side, 'noise');
    const energies = [0, 0.5, 2].map((strength) =>
      gridEnergy(
        plane((x, y) => noise[y * side + x]! + (x % 4 === 0 || y % 4 === 0 ? strength : 0)),
        4,
      ),
    );
    expect(energies[0]).toBeLessThan(0.05);
    expect(energies[1]).toBeGreaterThan(2 * energies[0]!);
    expect(energies[2]).toBeGreaterThan(2 * energies[1]!);
  });

  it('is what each phase’s differences say, over whole periods of every line', () => {
    const [width, height] = [9, 8];
    const draws = normals(width * height, 'phases');
    const at = (x: number, y: number) => draws[y * width + x]!;
    const variation = (
      period: number,
      along: number,
      lines: number,
      difference: (at: number, line: number) => number,
    ) => {
      const whole = Math.floor((along - 1) / period) * period;
      const energies = Array.from({ length: period }, () => 0);
      for (let line = 0; line < lines; line++) {
        for (let position = 0; position < whole; position++)
          energies[position % period]! += difference(position, line) ** 2;
      }
      const mean = energies.reduce((sum, energy) => sum + energy) / period;
      return Math.hypot(...energies.map((energy) => energy - mean)) / Math.sqrt(period) / mean;
    };
    for (const period of [2, 3, 4, 7]) {
      const across = variation(period, width, height, (x, y) => at(x + 1, y) - at(x, y));
      const down = variation(period, height, width, (y, x) => at(x, y + 1) - at(x, y));
      const values = Float64Array.from(draws);
      expect(gridEnergy({ values, width, height }, period), `period ${period}`).toBeCloseTo((across + down) / 2, 10);
    }
  });

  it('is not a number where nothing changes', () => {
    expect(
      gridEnergy(
        plane(() => 7),
        4,
      ),
    ).toBeNaN();
  });
});
