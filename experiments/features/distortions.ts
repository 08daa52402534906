/** Ways to spoil a picture, each in growing strength. */
import sharp from 'sharp';
import { randomStream } from '../../src/random.js';

/** [size, size, 3] RGB bytes in, the same shape out. */
type Distortion = (pixels: Uint8Array, size: number, strength: number) => Uint8Array | Promise<Uint8Array>;

export interface DistortionSeries {
  readonly name: string;
  /** From mild to strong. */
  readonly strengths: readonly number[];
  readonly apply: Distortion;
}

const raw = (pixels: Uint8Array, size: number) => sharp(pixels, { raw: { width: size, height: size, channels: 3 } });

export const distortions: readonly DistortionSeries[] = [
  /** Standard deviation of the Gaussian in px. */
  {
    name: 'blur',
    strengths: [0.5, 1, 2, 4],
    apply: (pixels, size, std) => raw(pixels, size).blur(std).raw().toBuffer(),
  },
  /** Standard deviation in grey levels. */
  { name: 'noise', strengths: [5, 10, 20, 40], apply: addNoise },
  { name: 'jpeg', strengths: [80, 50, 25, 10], apply: compress },
  /** Pixels to the right and down, the border repeated. */
  { name: 'shift', strengths: [1, 2, 4, 8], apply: shift },
  /** Share by which all values move to the picture's mean. */
  { name: 'contrast', strengths: [0.15, 0.3, 0.5, 0.75], apply: flatten },
];

async function compress(pixels: Uint8Array, size: number, quality: number): Promise<Uint8Array> {
  const file = await raw(pixels, size).jpeg({ quality }).toBuffer();
  return sharp(file).raw().toBuffer();
}

function addNoise(pixels: Uint8Array, _size: number, std: number): Uint8Array {
  const stream = randomStream('distortion', std);
  return Uint8Array.from(pixels, (value) => clamp(value + std * stream.normal()));
}

function shift(pixels: Uint8Array, size: number, distance: number): Uint8Array {
  return Uint8Array.from(pixels, (_, index) => {
    const [channel, column, row] = [index % 3, Math.floor(index / 3) % size, Math.floor(index / 3 / size)];
    const source = Math.max(0, row - distance) * size + Math.max(0, column - distance);
    return pixels[source * 3 + channel] as number;
  });
}

function flatten(pixels: Uint8Array, _size: number, share: number): Uint8Array {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  return Uint8Array.from(pixels, (value) => clamp(value + share * (mean - value)));
}

const clamp = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
