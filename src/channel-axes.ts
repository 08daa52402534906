/** Files and ONNX networks hold an image or a latent as [Z, h, w], the package computes with [h, w, Z]. */

/** [Z, h, w] of a latent or an image. */
export type ChannelsFirst = readonly [channels: number, height: number, width: number];

/** Images one after the other, each [h, w, Z] -> [Z, h, w]. */
export function toChannelsFirst(latents: Float32Array, [channels, height, width]: ChannelsFirst): Float32Array {
  return swapInnerAxes(latents, height * width, channels);
}

/** Images one after the other, each [Z, h, w] -> [h, w, Z]. */
export function toChannelsLast(latents: Float32Array, [channels, height, width]: ChannelsFirst): Float32Array {
  return swapInnerAxes(latents, channels, height * width);
}

/** Blocks of [rows, columns] -> blocks of [columns, rows]. */
function swapInnerAxes(values: Float32Array, rows: number, columns: number): Float32Array {
  const swapped = new Float32Array(values.length);
  const size = rows * columns;
  for (let start = 0; start < values.length; start += size) {
    let to = start;
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) swapped[to++] = values[start + row * columns + column] as number;
    }
  }
  return swapped;
}
