/** Synthetic pictures as a folder of files, like one a person would have. */
import { join } from 'node:path';
import sharp from 'sharp';
import { makeFolder } from '../../files.js';
import { randomStream } from '../../random.js';
import { prefetch } from '../batches/prefetch.js';
import { syntheticClasses, syntheticImage } from './picture.js';

/** A folder of synthetic pictures. */
export interface SyntheticFolder {
  /** How many, shared out evenly among the classes. */
  readonly images: number;
  /** Side in px. */
  readonly size: number;
  readonly seed: number;
}

/** Writes PNG files into one folder per class below `folder`: `dead-leaves/00000.png` and so on. */
export async function writeSyntheticImages(folder: string, { images, size, seed }: SyntheticFolder): Promise<void> {
  for (const className of syntheticClasses) await makeFolder(join(folder, className));
  const write = async (index: number) => {
    const className = syntheticClasses[index % syntheticClasses.length] as (typeof syntheticClasses)[number];
    const number = Math.floor(index / syntheticClasses.length);
    const pixels = syntheticImage(className, pictureSeed(seed, number), size);
    const file = join(folder, className, `${String(number).padStart(5, '0')}.png`);
    await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toFile(file);
  };
  for await (const _ of prefetch(Array(images).keys(), write, { concurrency: 4, ahead: 8 }));
}

/** Folders made from different seeds share no picture. */
function pictureSeed(seed: number, number: number): number {
  return randomStream('synthetic picture', seed, number).integer(2 ** 31);
}
