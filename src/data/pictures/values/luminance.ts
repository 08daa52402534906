/** One number per pixel. */

/**
 * [height, width, 3] -> [height, width]: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded as Pillow's convert('L') rounds
 * it. Grey stays the number it is.
 */
export function luminanceOf(rgb: Uint8Array): Uint8Array {
  const luminance = new Uint8Array(rgb.length / 3);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to++) {
    const [red, green, blue] = [rgb[from] as number, rgb[from + 1] as number, rgb[from + 2] as number];
    luminance[to] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return luminance;
}
