/** Batches through a session a few images at a time, which bounds its memory. */
import type { OnnxSession } from '../engine/onnx/run/onnx-session.js';
import { joinedArrays } from './format/layout.js';

/** [B, H, W, C] */
type Shape = readonly [number, number, number, number];

/** Pixels that pass at once: enough to keep the cores busy, and few enough for LDM's largest network in 3 GB. */
const mostPixels = 2 ** 18;

/** How many images of this size in px pass together. */
export const imagesAtOnce = (height: number, width: number): number =>
  Math.max(1, Math.floor(mostPixels / (height * width)));

/**
 * Runs `input`, an input of the session of shape [B, H, W, C], in parts of at least one image.
 *
 * @param cellPx how many px of an image one of its cells is wide: 1 for images themselves
 * @returns of each output, the elements of all images
 */
export function runInParts(
  session: OnnxSession,
  input: string,
  { data, shape }: { readonly data: Float32Array; readonly shape: Shape },
  cellPx: number,
): Record<string, Float32Array> {
  const [batch, height, width, channels] = shape;
  const images = imagesAtOnce(height * cellPx, width * cellPx);
  const imageFloats = height * width * channels;
  const parts: Record<string, Float32Array>[] = [];
  for (let first = 0; first < batch; first += images) {
    const count = Math.min(images, batch - first);
    const part = data.subarray(first * imageFloats, (first + count) * imageFloats);
    const outputs = session.run({ [input]: { shape: [count, height, width, channels], data: part } });
    parts.push(
      Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.data as Float32Array])),
    );
  }
  const names = Object.keys(parts[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, joinedArrays(parts.map((part) => part[name] as Float32Array))]));
}
