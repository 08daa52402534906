/** Between interleaved bytes, as pictures are stored, and planes of floats, as networks take them. */

/** [H·W·3] bytes -> [3, H·W] in [-1, 1], x / 127.5 - 1 as everywhere. */
export function toPlanes(pixels: Uint8Array, area: number): Float32Array {
  const planes = new Float32Array(3 * area);
  for (let at = 0; at < area; at++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * area + at] = (pixels[3 * at + channel] as number) / 127.5 - 1;
    }
  }
  return planes;
}

/** [3, H·W] -> [H·W, 3] */
export function fromPlanes(planes: Float32Array, area: number): Float32Array {
  const interleaved = new Float32Array(3 * area);
  for (let at = 0; at < area; at++) {
    for (let channel = 0; channel < 3; channel++) {
      interleaved[3 * at + channel] = planes[channel * area + at] as number;
    }
  }
  return interleaved;
}
