/** Small pictures and a model that is quick and exact, so that the store can be tested without a network. */
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { findImages } from '../../src/data/images.js';
import type { LatentDecoder } from '../../src/latents/reading/decode.js';
import { type EncodeFolderOptions, encodeFolder, type LatentEncoder } from '../../src/latents/writing/encode.js';
import { randomStream } from '../../src/random.js';

export const imageSize = 16;

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'latents-'));

/** Writes a picture of random colours whose pixels are a function of its path. */
export async function writePicture(folder: string, path: string, width = 20, height = 16): Promise<void> {
  const stream = randomStream('picture', path);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => stream.integer(256));
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(join(folder, path));
}

/** `count` pictures in two class folders, and for each path in `broken` a file that is no picture. */
export async function writePictures(folder: string, count: number, broken: readonly string[] = []): Promise<void> {
  for (let index = 0; index < count; index++) {
    const name = `${String(index).padStart(3, '0')}.png`;
    await writePicture(folder, index % 3 === 0 ? `cats/${name}` : `dogs/${name}`);
  }
  for (const path of broken) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'not a picture');
  }
}

export interface FakeEncoderOptions {
  readonly sha256?: string;
  readonly scaling?: LatentEncoder['scaling'];
  /** Gets called with every batch. */
  readonly onBatch?: () => Promise<void> | void;
  /** Answers NaN for pictures whose top left red is this byte. */
  readonly nanForRed?: number;
}

/** [16, 16, 3] -> [2, 2, 4]: averages of 8×8 px per colour and of all; logvar is minus twice the absolute mean minus 3. */
export function fakeEncoder(options: FakeEncoderOptions = {}): LatentEncoder {
  const { sha256 = 'a'.repeat(64), scaling = null, onBatch, nanForRed } = options;
  return {
    fingerprint: { sha256, name: 'averages' },
    imageChannels: 3,
    scaling,
    shape: (height, width) => [height / 8, width / 8, 4],
    async encodeBatch(images, batch, height, width) {
      await onBatch?.();
      const mean = new Float32Array(batch * (height / 8) * (width / 8) * 4);
      images.forEach((value, index) => {
        const channel = index % 3;
        const column = Math.floor(index / 3) % width;
        const row = Math.floor(index / 3 / width) % height;
        const image = Math.floor(index / 3 / width / height);
        const cell = ((image * (height / 8) + (row >> 3)) * (width / 8) + (column >> 3)) * 4;
        mean[cell + channel] = (mean[cell + channel] as number) + value / 64;
        mean[cell + 3] = (mean[cell + 3] as number) + value / 192;
      });
      if (nanForRed !== undefined) {
        for (let image = 0; image < batch; image++) {
          const red = Math.round(((images[image * height * width * 3] as number) + 1) * 127.5);
          if (red === nanForRed) mean[image * (mean.length / batch)] = Number.NaN;
        }
      }
      return { mean, logvar: mean.map((value) => -2 * Math.abs(value) - 3) };
    },
  };
}

/** Paints each 8×8 px with the average colour that the encoder took there. */
export function fakeDecoder(sha256 = 'a'.repeat(64), onBatch?: () => void): LatentDecoder {
  return {
    fingerprint: { sha256, name: 'averages' },
    imageChannels: 3,
    imageSize: (height, width) => [height * 8, width * 8],
    async decodeBatch(values, [batch, height, width, channels]) {
      onBatch?.();
      const images = new Float32Array(batch * height * width * 64 * 3);
      return images.map((_, index) => {
        const column = Math.floor(index / 3) % (width * 8);
        const line = Math.floor(index / 3 / (width * 8));
        const cell = Math.floor(line / 8) * width + Math.floor(column / 8);
        return values[cell * channels + (index % 3)] as number;
      });
    },
  };
}

/** Bytes of one image in a float32 store of the fake encoder, mean and logvar. */
export const imageBytes = 2 * 2 * 4 * 2 * 4;

export async function encodeTestFolder(folder: string, out: string, options: Partial<EncodeFolderOptions> = {}) {
  return encodeFolder({
    files: await findImages(folder),
    encoder: fakeEncoder(),
    out,
    size: imageSize,
    maxPixels: 1e6,
    batch: 4,
    dtype: 'float32',
    mirrored: false,
    shardBytes: 8 * imageBytes,
    retrySkipped: false,
    workers: 0,
    ...options,
  });
}

/** Every file of a folder, hidden ones too, with its bytes. */
export async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const contents = names.map(async (name) => [name, (await readFile(join(folder, name))).toString('latin1')] as const);
  return Object.fromEntries(await Promise.all(contents));
}
