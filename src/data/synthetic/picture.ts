/** Pictures made from nothing but a seed: for the demo, for tests, and wherever photographs may not go. */
import { type RandomStream, randomStream } from '../../random.js';
import { type Canvas, createCanvas, toPixels } from './canvas.js';
import { paintDeadLeaves } from './dead-leaves.js';
import { paintGlyphs } from './glyphs.js';
import { paintGradients } from './gradients.js';
import { type Palette, pickPalette } from './palettes.js';
import { paintTextures } from './textures.js';

const painters = {
  'dead-leaves': paintDeadLeaves,
  gradients: paintGradients,
  textures: paintTextures,
  glyphs: paintGlyphs,
} as const satisfies Record<string, (canvas: Canvas, random: RandomStream, palette: Palette) => void>;

export type SyntheticClass = keyof typeof painters;
export const syntheticClasses = Object.keys(painters) as SyntheticClass[];

/** One picture of `size` × `size` px, a function of the arguments alone: [size, size, 3], RGB. */
export function syntheticImage(className: SyntheticClass, seed: number, size: number): Uint8Array {
  const random = randomStream('synthetic', className, seed);
  const canvas = createCanvas(size);
  painters[className](canvas, random, pickPalette(random));
  return toPixels(canvas);
}
