/** Fine detail over whole areas, with a hard border between one texture and the next. */
import type { RandomStream } from '../../random.js';
import { type Canvas, type Paint, paint } from './canvas.js';
import { fractalField } from './noise.js';
import { type Colour, mix, type Palette, pickColour, toneAt } from './palettes.js';

type Texture = (random: RandomStream, palette: Palette) => Paint;

const textures: readonly Texture[] = [stripes, checker, dots, contours, weave, bricks, cloth];

/** One texture, or two or three side by side. */
export function paintTextures(canvas: Canvas, random: RandomStream, palette: Palette): void {
  paint(canvas, pick(random)(random, palette));
  for (let cuts = random.integer(3); cuts > 0; cuts--) {
    const paintAt = pick(random)(random, palette);
    const angle = random.uniform() * 2 * Math.PI;
    const [cos, sin, offset] = [Math.cos(angle), Math.sin(angle), 0.3 * random.uniform()];
    paint(canvas, (x, y) => (cos * (x - 0.5) + sin * (y - 0.5) > offset ? paintAt(x, y) : undefined));
  }
}

function pick(random: RandomStream): Texture {
  return textures[random.integer(textures.length)] as Texture;
}

/** Two colours that can be told apart. */
function pickPair(random: RandomStream, palette: Palette): readonly [Colour, Colour] {
  const [dark, light] = [toneAt(palette, 0.45 * random.uniform()), toneAt(palette, 0.7 + 0.3 * random.uniform())];
  const other = random.uniform() < 0.35 ? palette.accent : dark;
  return random.uniform() < 0.5 ? [other, light] : [light, other];
}

/** A turned frame in which one unit is one period: `periods` of them go into the picture. */
function pickFrame(random: RandomStream, fewest: number, most: number): (x: number, y: number) => [number, number] {
  const periods = fewest + (most - fewest) * random.uniform();
  const angle = random.uniform() * Math.PI;
  const [cos, sin] = [Math.cos(angle) * periods, Math.sin(angle) * periods];
  return (x, y) => [cos * x + sin * y + 100, cos * y - sin * x + 100];
}

function stripes(random: RandomStream, palette: Palette): Paint {
  const [a, b] = pickPair(random, palette);
  const [frame, width] = [pickFrame(random, 5, 16), 0.3 + 0.4 * random.uniform()];
  const [warp, strength] = [fractalField(random, 2, 0.5), random.uniform() < 0.5 ? 0 : 0.8];
  return (x, y) => ((frame(x, y)[0] + strength * warp(x, y) + 100) % 1 < width ? a : b);
}

function checker(random: RandomStream, palette: Palette): Paint {
  const [a, b] = pickPair(random, palette);
  const frame = pickFrame(random, 4, 12);
  return (x, y) => {
    const [u, v] = frame(x, y);
    return (Math.floor(u) + Math.floor(v)) % 2 === 0 ? a : b;
  };
}

/** Discs on a grid, larger where a slow field is high, as in a halftone print. */
function dots(random: RandomStream, palette: Palette): Paint {
  const [a, b] = pickPair(random, palette);
  const [frame, weight] = [pickFrame(random, 6, 14), fractalField(random, 2, 0.5)];
  return (x, y) => {
    const [u, v] = frame(x, y);
    const radius = Math.min(0.6, Math.max(0.15, 0.34 + 0.1 * weight(x, y)));
    return ((u % 1) - 0.5) ** 2 + ((v % 1) - 0.5) ** 2 < radius ** 2 ? a : b;
  };
}

/** Bands of one tone each, as on a map or in agate. */
function contours(random: RandomStream, palette: Palette): Paint {
  const [field, bands] = [fractalField(random, 4, 0.42), 6 + random.integer(8)];
  const colours = Array.from({ length: 5 }, () => pickColour(random, palette));
  return (x, y) => colours[Math.floor((field(x, y) + 10) * 0.35 * bands) % colours.length];
}

/** Threads that go over and under each other. */
function weave(random: RandomStream, palette: Palette): Paint {
  const [a, b] = pickPair(random, palette);
  const [frame, shadow] = [pickFrame(random, 5, 11), toneAt(palette, 0)];
  return (x, y) => {
    const [u, v] = frame(x, y);
    const isOver = (Math.floor(u) + Math.floor(v)) % 2 === 0;
    const across = Math.abs(((isOver ? u : v) % 1) - 0.5) * 2;
    return mix(isOver ? a : b, shadow, across > 0.85 ? 0.9 : 0.45 * across * across);
  };
}

function bricks(random: RandomStream, palette: Palette): Paint {
  const [mortar, frame] = [toneAt(palette, 1), pickFrame(random, 3, 7)];
  const colours = Array.from({ length: 16 }, () => mix(pickColour(random, palette), toneAt(palette, 0.4), 0.5));
  return (x, y) => {
    const [u, v] = frame(x, y);
    const row = Math.floor(v * 2);
    const place = u + 0.5 * (row % 2);
    const isJoint = (v * 2) % 1 < 0.16 || place % 1 < 0.08;
    return isJoint ? mortar : colours[(Math.floor(place) * 7 + row * 5) % colours.length];
  };
}

/** Noise with the 1/f spectrum of natural pictures, coloured from dark to light. */
function cloth(random: RandomStream, palette: Palette): Paint {
  const [field, offset] = [fractalField(random, 6, 0.5 + 0.3 * random.uniform()), 0.3 + 0.4 * random.uniform()];
  return (x, y) => toneAt(palette, offset + 0.25 * field(x, y));
}
