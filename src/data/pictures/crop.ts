/** Which square of a picture is used. */

export type Crop =
  | { readonly kind: 'center' }
  /**
   * x and y in [0, 1): where the square lies in the range that is free to it. `side`: of the square, in px; that of the shorter
   * side where it is left out.
   */
  | { readonly kind: 'random'; readonly x: number; readonly y: number; readonly side?: number };

/** RGB, row-major, one byte per channel: [height, width, 3]. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A square of a picture, in px. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The square that `crop` means: as large as fits, unless it says how large. */
export function cropBoxOf(picture: Pick<Picture, 'width' | 'height'>, crop: Crop): CropBox {
  const shorter = Math.min(picture.width, picture.height);
  const side = crop.kind === 'random' ? (crop.side ?? shorter) : shorter;
  const at = (free: number, position: number) =>
    crop.kind === 'center' ? Math.floor(free / 2) : Math.floor(position * (free + 1));
  const [x, y] = crop.kind === 'center' ? [0, 0] : [crop.x, crop.y];
  return { left: at(picture.width - side, x), top: at(picture.height - side, y), side };
}

/** The pixels inside `box`, left and right swapped if `mirror`: [side, side, 3]. */
export function cutOut({ pixels, width }: Picture, { left, top, side }: CropBox, mirror: boolean): Uint8Array {
  const cut = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * 3;
    const line = pixels.subarray(start, start + side * 3); // [side, 3]
    if (!mirror) cut.set(line, row * side * 3);
    else mirrorLine(line, cut.subarray(row * side * 3, (row + 1) * side * 3));
  }
  return cut;
}

function mirrorLine(line: Uint8Array, out: Uint8Array): void {
  for (let from = 0, to = line.length - 3; to >= 0; from += 3, to -= 3) {
    out[to] = line[from] as number;
    out[to + 1] = line[from + 1] as number;
    out[to + 2] = line[from + 2] as number;
  }
}
