import { UserError } from '../errors.js';
import { assertComparable, type PixelImage } from './measures/pixel-image.js';

/** Grey between the pictures, in px of theirs. */
const gap = { px: 2, grey: 128 } as const;

/**
 * Pictures of one size side by side, row after row; a place without a picture stays grey.
 *
 * @throws UserError where there is no picture, or they differ in size
 */
export function pictureGrid(pictures: readonly (PixelImage | undefined)[], columns: number): PixelImage {
  const first = pictures.find((picture) => picture !== undefined);
  if (first === undefined) throw new UserError('A grid got no picture, wanted at least one.');
  const rows = Math.ceil(pictures.length / columns);
  const width = columns * (first.width + gap.px) - gap.px;
  const height = rows * (first.height + gap.px) - gap.px;
  const grid = { pixels: new Uint8Array(width * height * 3).fill(gap.grey), width, height };
  for (const [index, picture] of pictures.entries()) {
    if (picture === undefined) continue;
    assertComparable(first, picture);
    const left = (index % columns) * (first.width + gap.px);
    paste(picture, grid, left, Math.floor(index / columns) * (first.height + gap.px));
  }
  return grid;
}

function paste(picture: PixelImage, onto: PixelImage, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.pixels.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width);
    onto.pixels.set(row, 3 * ((top + y) * onto.width + left));
  }
}
