/**
 * Where PyTorch and tfjs put the axes of weights. Convolutions are OIHW there and HWIO here, dense layers [out, in] there
 * and [in, out] here, everything else is the same. Flattened over the kernel's area, either is the other read backwards:
 * [O, I, HW] <-> [HW, I, O].
 */

export interface Layout {
  /** The shape in this layout of a weight that has `shape` in the other. */
  shape(shape: readonly number[]): number[];
  /** The elements in this layout of a weight that has `values` and `shape` in the other. New memory where axes move. */
  data(values: Float32Array, shape: readonly number[]): Float32Array;
}

export const toTorchLayout: Layout = {
  shape(shape) {
    if (shape.length === 2) return [...shape].reverse(); // [in, out] -> [out, in]
    const [height, width, inputs, outputs] = shape;
    return shape.length === 4 ? ([outputs, inputs, height, width] as number[]) : [...shape]; // HWIO -> OIHW
  },
  data(values, shape) {
    const [outputs = 0, inputs = 0] = toTorchLayout.shape(shape);
    return movesAxes(shape) ? reverseAxes(values, inputs, outputs) : values; // [HW, I, O] -> [O, I, HW]
  },
};

export const fromTorchLayout: Layout = {
  shape(shape) {
    if (shape.length === 2) return [...shape].reverse(); // [out, in] -> [in, out]
    const [outputs, inputs, height, width] = shape;
    return shape.length === 4 ? ([height, width, inputs, outputs] as number[]) : [...shape]; // OIHW -> HWIO
  },
  data(values, shape) {
    const [outputs = 0, inputs = 0] = shape;
    if (!movesAxes(shape)) return values;
    return reverseAxes(values, inputs, values.length / (inputs * outputs)); // [O, I, HW] -> [HW, I, O]
  },
};

function movesAxes(shape: readonly number[]): boolean {
  return (shape.length === 2 || shape.length === 4) && !shape.includes(0);
}

/** [first, middle, last] -> [last, middle, first]. */
function reverseAxes(values: Float32Array, middle: number, last: number): Float32Array {
  const first = values.length / (middle * last);
  const reversed = new Float32Array(values.length);
  let source = 0;
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < middle; b++) {
      for (let target = b * first + a; target < values.length; target += middle * first) {
        reversed[target] = values[source++] as number;
      }
    }
  }
  return reversed;
}
