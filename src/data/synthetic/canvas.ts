/** A square to paint on, finer than the picture it becomes, so that edges are smooth without being blurred. */
import type { Colour } from './palettes.js';

/** Samples per pixel and axis. */
const supersampling = 3;

export interface Canvas {
  /** Samples per axis. */
  readonly side: number;
  /** sRGB in [0, 1]: [side, side, 3]. */
  readonly samples: Float32Array;
}

/** A square, in units of the canvas' side: its centre and half its side. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly reach: number;
}

/** The colour at a point of [0, 1)²; undefined where what is painted does not cover it. */
export type Paint = (x: number, y: number) => Colour | undefined;

export function createCanvas(size: number): Canvas {
  const side = size * supersampling;
  return { side, samples: new Float32Array(side * side * 3) };
}

/** Paints over what is there, inside `spot`. */
export function paint(canvas: Canvas, paintAt: Paint, spot: Spot = { x: 0.5, y: 0.5, reach: 0.5 }): void {
  const { side, samples } = canvas;
  const first = (centre: number) => Math.max(0, Math.floor((centre - spot.reach) * side));
  const end = (centre: number) => Math.min(side, Math.ceil((centre + spot.reach) * side));
  const [left, right, top, bottom] = [first(spot.x), end(spot.x), first(spot.y), end(spot.y)];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const colour = paintAt((column + 0.5) / side, (row + 0.5) / side);
      if (colour === undefined) continue;
      const at = (row * side + column) * 3;
      samples[at] = colour[0];
      samples[at + 1] = colour[1];
      samples[at + 2] = colour[2];
    }
  }
}

/** The mean of each pixel's samples, one byte per channel: [size, size, 3]. */
export function toPixels({ side, samples }: Canvas): Uint8Array {
  const size = side / supersampling;
  const pixels = new Uint8Array(size * size * 3);
  for (let index = 0; index < pixels.length; index++) {
    const [row, column] = [Math.floor(index / (size * 3)), Math.floor(index / 3) % size];
    const corner = (row * side + column) * supersampling * 3 + (index % 3);
    let sum = 0;
    for (let down = 0; down < supersampling; down++) {
      for (let right = 0; right < supersampling; right++) sum += samples[corner + (down * side + right) * 3] as number;
    }
    pixels[index] = Math.min(255, Math.max(0, (sum / supersampling ** 2) * 255)) + 0.5;
  }
  return pixels;
}
