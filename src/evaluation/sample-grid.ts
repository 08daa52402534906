import { UserError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import type { PixelImage } from './measures/pixel-image.js';
import { pictureGrid } from './picture-grid.js';
import { encodePng } from './png.js';

export interface SampleGridOptions {
  /** Pictures side by side. */
  readonly columns?: number;
  /** Every pixel becomes a square of this many px. */
  readonly scale?: number;
}

/**
 * Writes a PNG in which each row of originals stands above the row of their reconstructions.
 *
 * @throws UserError where there is no picture, or the two lists differ in length or their pictures in size.
 */
export async function writeSampleGrid(
  path: string,
  originals: readonly PixelImage[],
  reconstructions: readonly PixelImage[],
  { columns = 8, scale = 1 }: SampleGridOptions = {},
): Promise<void> {
  if (originals.length === 0 || reconstructions.length !== originals.length) {
    throw new UserError(
      `A sample grid got ${originals.length} originals and ${reconstructions.length} reconstructions, ` +
        'wanted as many of both and at least one.',
    );
  }
  const across = Math.min(columns, originals.length);
  const rows = Array.from({ length: Math.ceil(originals.length / across) }, (_, row) => {
    const rowOf = (pictures: readonly PixelImage[]) =>
      Array.from({ length: across }, (_place, column) => pictures[row * across + column]);
    return [...rowOf(originals), ...rowOf(reconstructions)];
  });
  await writeFileAtomic(path, await encodePng(enlarged(pictureGrid(rows.flat(), across), scale)));
}

function enlarged({ pixels, width, height }: PixelImage, scale: number): PixelImage {
  if (scale === 1) return { pixels, width, height };
  const large = { pixels: new Uint8Array(pixels.length * scale ** 2), width: width * scale, height: height * scale };
  for (let y = 0, to = 0; y < large.height; y++) {
    for (let x = 0; x < large.width; x++, to += 3) {
      const from = 3 * (Math.floor(y / scale) * width + Math.floor(x / scale));
      large.pixels.set(pixels.subarray(from, from + 3), to);
    }
  }
  return large;
}
