/**
 * Things that lie on top of each other: the dead leaves model, whose statistics (edges at every scale, a 1/f spectrum)
 * are those of photographs (Lee, Mumford & Huang, Occlusion models for natural images, IJCV 41, 2001).
 */
import type { RandomStream } from '../../random.js';
import { type Canvas, paint } from './canvas.js';
import { type Colour, mix, type Palette, pickColour, white } from './palettes.js';

/** Radii, in units of the picture's side. */
const radii = { smallest: 0.045, largest: 0.4 };

/** How often, on average, each point is covered. */
const coverage = 5;

/** Whether a point of the shape's own frame (radius 1) lies inside. */
const shapes: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.abs(y) < 0.45 * (1 - x * x),
  (x, y) => Math.abs(x) < 0.8 && Math.abs(y) < 0.5,
  (x, y) => y > -0.5 && y < 1 - 1.7 * Math.abs(x),
];

export function paintDeadLeaves(canvas: Canvas, random: RandomStream, palette: Palette): void {
  const background = pickColour(random, palette);
  paint(canvas, () => background);
  const lightAngle = random.uniform() * 2 * Math.PI;
  const light = [Math.cos(lightAngle), Math.sin(lightAngle)] as const;
  for (let leaf = 0; leaf < coverage / meanArea(); leaf++) paintLeaf(canvas, random, palette, light);
}

function paintLeaf(canvas: Canvas, random: RandomStream, palette: Palette, light: readonly [number, number]): void {
  const [x, y, radius] = [random.uniform() * 1.2 - 0.1, random.uniform() * 1.2 - 0.1, pickRadius(random)];
  const angle = random.uniform() * 2 * Math.PI;
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius];
  const inside = shapes[random.integer(shapes.length)] as (typeof shapes)[number];
  const shades = shadesOf(pickColour(random, palette));
  const stripes = radius > 0.08 && random.uniform() < 0.35 ? 4 + random.integer(6) : 0;
  const paintAt = (sampleX: number, sampleY: number) => {
    const [dx, dy] = [sampleX - x, sampleY - y];
    const [along, across] = [cos * dx + sin * dy, cos * dy - sin * dx];
    if (!inside(along, across)) return undefined;
    const lit = (light[0] * dx + light[1] * dy) / radius;
    const stripe = stripes > 0 && Math.floor((along + 1) * stripes) % 2 === 0 ? -0.5 : 0;
    const shade = Math.floor((0.5 + 0.5 * lit + stripe) * shades.length);
    return shades[Math.min(Math.max(shade, 0), shades.length - 1)];
  };
  paint(canvas, paintAt, { x, y, reach: radius });
}

/** From the side in shadow to the lit one, in steps too small to see. */
function shadesOf(colour: Colour): Colour[] {
  const [dark, lit] = [mix(colour, [0.05, 0.03, 0.1], 0.35), mix(colour, white, 0.15)];
  return Array.from({ length: 48 }, (_, step) => mix(dark, lit, step / 47));
}

/** From the density proportional to r^-3, the one that makes the model scale invariant. */
function pickRadius(random: RandomStream): number {
  const [low, high] = [radii.smallest ** -2, radii.largest ** -2];
  return (low + (high - low) * random.uniform()) ** -0.5;
}

/** Of a disc with such a radius. */
function meanArea(): number {
  const { smallest, largest } = radii;
  return (2 * Math.PI * Math.log(largest / smallest)) / (smallest ** -2 - largest ** -2);
}
