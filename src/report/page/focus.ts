import { lumaPlane, type PixelImage } from '../../evaluation/measures/pixel-image.js';

/** A square of a picture, as fractions of its width and height. */
export interface Focus {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How many times the lens enlarges: it shows about 24 px of a side. */
export function lensZoom({ width, height }: PixelImage): number {
  return Math.min(8, Math.max(3, Math.min(width, height) / 24));
}

/** The most detailed place of a picture: where a window of the lens' size holds the most gradient energy. */
export function mostDetailed(image: PixelImage): Focus {
  const { values, width, height } = lumaPlane(image);
  const zoom = lensZoom(image);
  const [windowWidth, windowHeight] = [Math.round(width / zoom), Math.round(height / zoom)];
  // Sums over all pixels above and left of a point, so that any window's sum is four look-ups.
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const across = x + 1 < width ? values[at + 1]! - values[at]! : 0;
      const down = y + 1 < height ? values[at + width]! - values[at]! : 0;
      const corner = (y + 1) * (width + 1) + x + 1;
      const before = sums[corner - 1]! + sums[corner - width - 1]! - sums[corner - width - 2]!;
      sums[corner] = across ** 2 + down ** 2 + before;
    }
  }
  const sumAt = (x: number, y: number) => sums[y * (width + 1) + x]!;
  let best = { energy: -1, left: 0, top: 0 };
  for (let top = 0; top + windowHeight <= height; top++) {
    for (let left = 0; left + windowWidth <= width; left++) {
      const [right, bottom] = [left + windowWidth, top + windowHeight];
      const energy = sumAt(right, bottom) - sumAt(left, bottom) - sumAt(right, top) + sumAt(left, top);
      if (energy > best.energy) best = { energy, left, top };
    }
  }
  return {
    left: best.left / width,
    top: best.top / height,
    width: windowWidth / width,
    height: windowHeight / height,
  };
}
