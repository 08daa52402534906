/** Letters and digits, drawn from strokes: lines of constant width with hard borders, large and small. */
import type { RandomStream } from '../../random.js';
import { type Canvas, paint } from './canvas.js';
import { fractalField } from './noise.js';
import { type Colour, mix, type Palette, pickColour, toneAt } from './palettes.js';

/** Lines of points (x to 4, y down to 6) that are joined; `|` lifts the pen. */
const strokes: Readonly<Record<string, string>> = {
  A: '0 6 2 0 4 6|0.7 4 3.3 4',
  B: '0 3 3 3 4 2 4 1 3 0 0 0 0 6 3 6 4 5 4 4 3 3',
  C: '4 1 3 0 1 0 0 1 0 5 1 6 3 6 4 5',
  D: '0 0 2.6 0 4 1.4 4 4.6 2.6 6 0 6 0 0',
  E: '4 0 0 0 0 6 4 6|0 3 3.2 3',
  F: '4 0 0 0 0 6|0 3 3.2 3',
  G: '4 1 3 0 1 0 0 1 0 5 1 6 3 6 4 5 4 3.2 2.4 3.2',
  H: '0 0 0 6|4 0 4 6|0 3 4 3',
  J: '4 0 4 5 3 6 1 6 0 5 0 4.4',
  K: '0 0 0 6|4 0 0 3.6|1.4 2.4 4 6',
  L: '0 0 0 6 4 6',
  M: '0 6 0 0 2 3 4 0 4 6',
  N: '0 6 0 0 4 6 4 0',
  O: '1 0 3 0 4 1 4 5 3 6 1 6 0 5 0 1 1 0',
  P: '0 6 0 0 3 0 4 1 4 2.4 3 3.4 0 3.4',
  R: '0 6 0 0 3 0 4 1 4 2.4 3 3.4 0 3.4|2 3.4 4 6',
  S: '4 1 3 0 1 0 0 1 0 2 1 3 3 3 4 4 4 5 3 6 1 6 0 5',
  T: '0 0 4 0|2 0 2 6',
  U: '0 0 0 5 1 6 3 6 4 5 4 0',
  V: '0 0 2 6 4 0',
  W: '0 0 1 6 2 2 3 6 4 0',
  X: '0 0 4 6|4 0 0 6',
  Y: '0 0 2 3 4 0|2 3 2 6',
  Z: '0 0 4 0 0 6 4 6',
  '2': '0 1 1 0 3 0 4 1 4 2 0 6 4 6',
  '3': '0 0 4 0 2 2.4 3 2.4 4 3.4 4 5 3 6 1 6 0 5',
  '4': '3 6 3 0 0 4 4 4',
  '5': '4 0 0.4 0 0 2.6 3 2.6 4 3.6 4 5 3 6 1 6 0 5',
  '7': '0 0 4 0 1.4 6',
  '8': '1 3 0 4 0 5 1 6 3 6 4 5 4 4 3 3 1 3 0 2 0 1 1 0 3 0 4 1 4 2 3 3',
};

/** From (x0, y0) to (x1, y1). */
type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

const glyphs: readonly (readonly Segment[])[] = Object.values(strokes).map((text) =>
  text.split('|').flatMap(segmentsOf),
);

function segmentsOf(line: string): Segment[] {
  const numbers = line.split(' ').map(Number);
  const segments: Segment[] = [];
  for (let at = 0; at + 3 < numbers.length; at += 2)
    segments.push(numbers.slice(at, at + 4) as [number, number, number, number]);
  return segments;
}

export function paintGlyphs(canvas: Canvas, random: RandomStream, palette: Palette): void {
  const layouts = [paintPoster, paintBlocks, paintPage];
  (layouts[random.integer(layouts.length)] as (typeof layouts)[number])(canvas, random, palette);
}

/** Where a glyph goes and how it looks; lengths in units of the picture's side. */
interface Placement {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Of the stroke, as a share of the height. */
  readonly weight: number;
  readonly angle: number;
  readonly colour: Colour;
}

function paintGlyph(canvas: Canvas, random: RandomStream, placement: Placement): void {
  const { x, y, height, weight, angle, colour } = placement;
  const unit = height / 6;
  const [cos, sin, radius] = [Math.cos(angle) * unit, Math.sin(angle) * unit, (weight * height) / 2];
  const place = (across: number, down: number): [number, number] => [
    x + cos * (across - 2) - sin * (down - 3),
    y + sin * (across - 2) + cos * (down - 3),
  ];
  for (const [x0, y0, x1, y1] of glyphs[random.integer(glyphs.length)] as readonly Segment[]) {
    paintStroke(canvas, [...place(x0, y0), ...place(x1, y1)], radius, colour);
  }
}

/** A line with round ends. */
function paintStroke(canvas: Canvas, [x0, y0, x1, y1]: Segment, radius: number, colour: Colour): void {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squaredLength = dx * dx + dy * dy;
  const paintAt = (x: number, y: number) => {
    const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / squaredLength));
    return (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2 < radius ** 2 ? colour : undefined;
  };
  const reach = Math.max(Math.abs(dx), Math.abs(dy)) / 2 + radius;
  paint(canvas, paintAt, { x: (x0 + x1) / 2, y: (y0 + y1) / 2, reach });
}

/** A few large ones over each other. */
function paintPoster(canvas: Canvas, random: RandomStream, palette: Palette): void {
  const isDark = random.uniform() < 0.5;
  paintPaper(canvas, random, toneAt(palette, isDark ? 0.1 : 0.95), toneAt(palette, isDark ? 0.35 : 0.7));
  const inks = [toneAt(palette, isDark ? 0.95 : 0.05), palette.accent, toneAt(palette, isDark ? 0.7 : 0.35)];
  for (let glyph = 1 + random.integer(3); glyph >= 0; glyph--) {
    paintGlyph(canvas, random, {
      x: 0.2 + 0.6 * random.uniform(),
      y: 0.2 + 0.6 * random.uniform(),
      height: 0.35 + 0.4 * random.uniform(),
      weight: 0.1 + 0.12 * random.uniform(),
      angle: 0.9 * (random.uniform() - 0.5),
      colour: inks[glyph % inks.length] as Colour,
    });
  }
}

/** Tiles with one each. */
function paintBlocks(canvas: Canvas, random: RandomStream, palette: Palette): void {
  const count = 2 + random.integer(3);
  const [joint, side] = [toneAt(palette, 0.05), 1 / count];
  paint(canvas, () => joint);
  for (let tile = 0; tile < count * count; tile++) {
    const [x, y] = [((tile % count) + 0.5) * side, (Math.floor(tile / count) + 0.5) * side];
    const ground = mix(pickColour(random, palette), toneAt(palette, 0.5), 0.2);
    paint(canvas, (_, v) => mix(ground, joint, 0.5 * Math.max(0, (v - y) / side)), { x, y, reach: side * 0.47 });
    const isLight = ground[0] + ground[1] + ground[2] > 1.5;
    paintGlyph(canvas, random, {
      x,
      y,
      height: side * 0.6,
      weight: 0.12 + 0.08 * random.uniform(),
      angle: 0.3 * (random.uniform() - 0.5),
      colour: toneAt(palette, isLight ? 0.05 : 1),
    });
  }
}

/** Lines of small ones. */
function paintPage(canvas: Canvas, random: RandomStream, palette: Palette): void {
  paintPaper(canvas, random, toneAt(palette, 1), toneAt(palette, 0.8));
  const [angle, ink] = [0.25 * (random.uniform() - 0.5), toneAt(palette, 0.1 * random.uniform())];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  let down = -0.6;
  while (down < 0.6) {
    const isTitle = random.uniform() < 0.25;
    const height = isTitle ? 0.18 : 0.085 + 0.03 * random.uniform();
    const colour = isTitle ? palette.accent : ink;
    for (let across = -0.6; across < 0.6; across += height * 0.95) {
      if (random.uniform() < 0.15) continue;
      const [x, y] = [0.5 + cos * across - sin * down, 0.5 + sin * across + cos * down];
      paintGlyph(canvas, random, { x, y, height, weight: 0.16, angle, colour });
    }
    down += height * 1.7;
  }
}

function paintPaper(canvas: Canvas, random: RandomStream, top: Colour, bottom: Colour): void {
  const fibres = fractalField(random, 6, 0.7);
  paint(canvas, (x, y) => mix(top, bottom, y + 0.12 * fibres(x, y)));
}
