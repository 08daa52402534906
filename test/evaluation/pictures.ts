import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ComparisonProtocol, ModelFacts } from '../../src/evaluation/compare.js';
import type { PixelImage, Plane } from '../../src/evaluation/measures/pixel-image.js';
import { randomStream } from '../../src/random.js';

/** A plane of any function of column and row. */
export function planeOf(width: number, height: number, value: (column: number, row: number) => number): Plane {
  const values = Float64Array.from({ length: width * height }, (_, at) => value(at % width, Math.floor(at / width)));
  return { values, width, height };
}

/** A grey picture of a plane, rounded and clamped. */
export function greyImage({ values, width, height }: Plane): PixelImage {
  const pixels = new Uint8Array(values.length * 3);
  for (const [at, value] of values.entries()) {
    pixels.fill(Math.min(255, Math.max(0, Math.round(value))), 3 * at, 3 * at + 3);
  }
  return { pixels, width, height };
}

/** Opaque discs of all sizes over each other: edges at every scale, as in photographs (Lee, Mumford & Huang 2001). */
export function deadLeaves(seed: number, width: number, height = width): PixelImage {
  const random = randomStream('dead leaves', seed);
  const pixels = new Uint8Array(width * height * 3);
  for (let leaf = 0; leaf < 1200; leaf++) {
    // Radii between 1.5 px and half the picture, density falling with their cube.
    const radius = 1 / Math.sqrt((4 / width ** 2) * (1 - random.uniform()) + random.uniform() / 2.25);
    const [x, y] = [random.uniform() * width, random.uniform() * height];
    const color = [random.integer(256), random.integer(256), random.integer(256)];
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
      for (let column = Math.max(0, Math.ceil(x - radius)); column < Math.min(width, x + radius); column++) {
        if ((column - x) ** 2 + (row - y) ** 2 < radius ** 2) pixels.set(color, 3 * (row * width + column));
      }
    }
  }
  return { pixels, width, height };
}

/** libvips' Gaussian blur, rounded to 8 bits: made without this project's own filter. */
export async function blurred(image: PixelImage, sigma: number): Promise<PixelImage> {
  const pixels = await sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } })
    .blur({ sigma, precision: 'float', minAmplitude: 0.001 })
    .raw()
    .toBuffer();
  return { ...image, pixels };
}

/** With coloured noise on top: invented texture. */
export function grainy(image: PixelImage, seed: number): PixelImage {
  const random = randomStream('grain', seed);
  // Uint8ClampedArray rounds and clamps.
  const pixels = Uint8ClampedArray.from(image.pixels, (value) => value + 25 * random.normal());
  return { ...image, pixels: new Uint8Array(pixels.buffer) };
}

export function modelFacts(name: string, latentShape: readonly number[], klWeight: number): ModelFacts {
  const latentFloats = latentShape.reduce((product, side) => product * side, 1);
  const facts = { preset: name, compressionRatio: 16, objective: 'squared error', parameters: 1_234_567 };
  return { name, latentShape, latentFloats, klWeight, ...facts };
}

export const protocol: ComparisonProtocol = {
  source: 'dead leaves',
  crop: 'none',
  resizeFilter: 'none',
  clamp: 'to [-1, 1]',
  rounding: 'to 8 bits',
  latent: 'mode',
  seed: 3,
};

const photoFolder = '../shared/images/photos';
export const photosPresent = existsSync(photoFolder);

/** Every n-th validation photograph, its centre resized to `size` px. */
export async function photos(count: number, size: number): Promise<PixelImage[]> {
  const files = readdirSync(photoFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /[/\\]0[^/\\]*\.jpg$/.test(path))
    .sort();
  const chosen = Array.from({ length: count }, (_, index) => files[Math.floor((index * files.length) / count)]!);
  return Promise.all(
    chosen.map(async (path) => {
      const pixels = await sharp(join(photoFolder, path))
        .resize(size, size)
        .toColorspace('srgb')
        .removeAlpha()
        .raw()
        .toBuffer();
      return { pixels, width: size, height: size };
    }),
  );
}
