/** Pictures that are smaller than wanted become larger. */
import type { Picture } from './framing/crop.js';
import { rawImage, rawPicture } from './values/raw-picture.js';

/** Px beyond the border that the filter sees: those of the border again. */
const margin = 4;

/**
 * By cubic convolution (Keys 1981, a = -1/2), every px with its centre where Pillow's BICUBIC has it. sharp's own `resize` lays
 * enlarged pictures half a px of the result further right and down: 20 grey levels and more from there at an edge.
 *
 * @param size of the result in px, no smaller than the picture
 */
export async function enlarge(picture: Picture, size: Pick<Picture, 'width' | 'height'>): Promise<Picture> {
  const borders = { top: margin, bottom: margin, left: margin, right: margin };
  const continued = await rawPicture(rawImage(picture).extend({ ...borders, extendWith: 'copy' }));
  const across = placement(size.width / picture.width);
  const down = placement(size.height / picture.height);
  const scales: [[number, number], [number, number]] = [
    [across.scale, 0],
    [0, down.scale],
  ];
  const shifts = { odx: across.shift, ody: down.shift };
  const moved = await rawPicture(rawImage(continued).affine(scales, { interpolator: 'bicubic', ...shifts }));
  return rawPicture(rawImage(moved).extract({ left: across.start, top: down.start, ...size }));
}

/**
 * Along one axis: px i of the result shows the picture at (i + 1/2) / scale - 1/2, which `affine` puts at `scale` times that plus a
 * shift; with this shift it is the whole number `start` + i.
 */
function placement(scale: number): { readonly scale: number; readonly shift: number; readonly start: number } {
  const first = scale * margin + 0.5 - scale / 2;
  const start = Math.ceil(first);
  return { scale, shift: start - first, start };
}
