/** Colours that go together. */
import type { RandomStream } from '../../random.js';

/** sRGB, each in [0, 1]. */
export type Colour = readonly [number, number, number];

/** Five colours from dark to light, and one that stands out. */
export interface Palette {
  readonly tones: readonly Colour[];
  readonly accent: Colour;
}

const hexPalettes = [
  '0b2545 1f4e79 4f81ac 9dbbd3 eef4ed f2a65a',
  '233d2c 3f6b3a 7fa650 c8d96f f3efd0 e2725b',
  '2b1d3f 6a2c70 b83b5e f08a5d f9e0b5 3fa7a3',
  '3d2b1f 7a4a2b b97a4a dba86b f3e2c3 4f8a8b',
  '4a1c1c 9c2c2c d9583b f2a541 f9ebc8 5b7f4a',
  '05323a 0b6e75 27a39a 8bd3c7 f4f1de ef8354',
  '1c1f26 3a4350 66758a a7b4c2 eceff2 d1495b',
  '231123 5f1a37 a8326b db7fa8 f6dbe6 6fb1a0',
  '101f1a 1f4037 4c7a5e a3b18a e3e0d3 c9742b',
  '22333b 5e503f a9927d d5bfa8 f5f3ee 2a7fb0',
  '0d1b2a 1b3a5b 2c7a7b 6bd4a8 e6fbe3 9b5de5',
  '33272a 8c5e58 d88c9a f2c6b4 fff1e6 4d86b8',
] as const;

const palettes: readonly Palette[] = hexPalettes.map((hexes) => {
  const [accent, ...tones] = hexes.split(' ').map(fromHex).reverse();
  return { accent: accent as Colour, tones: tones.reverse() };
});

export function pickPalette(random: RandomStream): Palette {
  return palettes[random.integer(palettes.length)] as Palette;
}

/** Any colour of the palette, a little lighter or darker than it is there. */
export function pickColour(random: RandomStream, { tones, accent }: Palette): Colour {
  const colour = [...tones, accent][random.integer(tones.length + 1)] as Colour;
  const shift = 0.12 * (random.uniform() - 0.5);
  return mix(colour, shift < 0 ? black : white, Math.abs(shift));
}

/** The palette's colour at `position`: 0 is the darkest tone, 1 the lightest. */
export function toneAt({ tones }: Palette, position: number): Colour {
  const place = Math.min(Math.max(position, 0), 1) * (tones.length - 1);
  const index = Math.min(Math.floor(place), tones.length - 2);
  return mix(tones[index] as Colour, tones[index + 1] as Colour, place - index);
}

const black: Colour = [0, 0, 0];
export const white: Colour = [1, 1, 1];

export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

function fromHex(hex: string): Colour {
  const value = Number.parseInt(hex, 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
