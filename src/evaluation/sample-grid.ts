import { UserError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import { assertComparable, type PixelImage } from './measures/pixel-image.js';
import { encodePng } from './png.js';

export interface SampleGridOptions {
  /** Pictures side by side. */
  readonly columns?: number;
  /** Every pixel becomes a square of this many px. */
  readonly scale?: number;
}

/** Grey between the pictures, in px of the originals. */
const gap = { px: 2, grey: 128 } as const;

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
  const [first] = originals;
  if (first === undefined || reconstructions.length !== originals.length) {
    throw new UserError(
      `A sample grid got ${originals.length} originals and ${reconstructions.length} reconstructions, ` +
        'wanted as many of both and at least one.',
    );
  }
  const across = Math.min(columns, originals.length);
  const down = 2 * Math.ceil(originals.length / across);
  const grid = {
    width: across * (first.width + gap.px) - gap.px,
    height: down * (first.height + gap.px) - gap.px,
  };
  const pixels = new Uint8Array(grid.width * grid.height * 3).fill(gap.grey);
  for (const [index, original] of originals.entries()) {
    const reconstruction = reconstructions[index]!;
    assertComparable(first, original);
    assertComparable(original, reconstruction);
    const left = (index % across) * (first.width + gap.px);
    const row = 2 * Math.floor(index / across);
    for (const [below, picture] of [original, reconstruction].entries()) {
      paste(picture, { ...grid, pixels }, left, (row + below) * (first.height + gap.px));
    }
  }
  await writeFileAtomic(path, await encodePng(enlarged({ ...grid, pixels }, scale)));
}

function paste(picture: PixelImage, onto: PixelImage, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.pixels.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width);
    onto.pixels.set(row, 3 * ((top + y) * onto.width + left));
  }
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
