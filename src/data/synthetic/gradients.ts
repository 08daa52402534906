/** Smooth slopes against crisp edges: hills one behind the other under a sky. */
import type { RandomStream } from '../../random.js';
import { type Canvas, type Paint, paint } from './canvas.js';
import { type Field, fractalField, fractalLine } from './noise.js';
import { mix, type Palette, toneAt, white } from './palettes.js';

export function paintGradients(canvas: Canvas, random: RandomStream, palette: Palette): void {
  paintSky(canvas, random, palette);
  const ridges = 3 + random.integer(3);
  const grain = fractalField(random, 6, 0.8);
  const horizon = 0.3 + 0.25 * random.uniform();
  for (let ridge = 0; ridge < ridges; ridge++) {
    const nearness = (ridge + 1) / ridges;
    const base = horizon + (0.92 - horizon) * (ridge / ridges) ** 1.3;
    paint(canvas, ridgePaint(random, palette, { base, nearness, grain }));
  }
}

function paintSky(canvas: Canvas, random: RandomStream, palette: Palette): void {
  const [top, bottom] = random.uniform() < 0.3 ? [0.05, 0.7] : [0.6, 1];
  const [zenith, haze] = [toneAt(palette, top), toneAt(palette, bottom)];
  const clouds = fractalField(random, 5, 0.55);
  paint(canvas, (x, y) => mix(mix(zenith, haze, Math.min(1, y * 1.5)), white, 0.15 * Math.max(0, clouds(x, y))));
  const [x, y, radius] = [0.15 + 0.7 * random.uniform(), 0.12 + 0.3 * random.uniform(), 0.06 + 0.1 * random.uniform()];
  const disc = random.uniform() < 0.6 ? palette.accent : mix(haze, white, 0.6);
  paint(canvas, (u, v) => ((u - x) ** 2 + (v - y) ** 2 < radius ** 2 ? disc : undefined), { x, y, reach: radius });
}

interface Ridge {
  /** Height of its middle, downwards in units of the picture's side. */
  readonly base: number;
  /** 0 is infinitely far. */
  readonly nearness: number;
  readonly grain: Field;
}

/** A hill: far ones are pale, near ones dark and grainy, with trees on them. */
function ridgePaint(random: RandomStream, palette: Palette, { base, nearness, grain }: Ridge): Paint {
  const [outline, amplitude] = [fractalLine(random, 6, 0.45), 0.05 + 0.03 * random.uniform()];
  const trees = nearness > 0.5 && random.uniform() < 0.7 ? treeLine(random, nearness) : () => 0;
  const [crest, foot] = [toneAt(palette, 0.75 * (1 - nearness)), toneAt(palette, 0.25 + 0.75 * (1 - nearness))];
  return (x, y) => {
    if (y < base - 4 * amplitude - 0.12) return undefined;
    const depth = y - (base + amplitude * outline(x) - trees(x));
    if (depth < 0) return undefined;
    const lightness = Math.min(1, depth * 2.2) + 0.14 * nearness * grain(x, y);
    return mix(crest, foot, Math.min(1, Math.max(0, lightness)));
  };
}

/** Pointed trees of different heights, side by side. */
function treeLine(random: RandomStream, nearness: number): (x: number) => number {
  const count = Math.round(34 - 20 * nearness);
  const heights = Array.from({ length: count + 1 }, () => (0.03 + 0.09 * random.uniform()) * nearness);
  return (x) => {
    const place = x * count;
    const tree = Math.floor(place);
    return (heights[tree] as number) * (1 - Math.abs(2 * (place - tree) - 1));
  };
}
