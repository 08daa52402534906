/**
 * Where PyTorch and tfjs put the axes of weights. Convolutions are OIHW there and HWIO here (OITHW and THWIO over frames), dense
 * layers [out, in] there and [in, out] here, everything else is the same. Flattened over the kernel's area, either is the other
 * read backwards: [O, I, HW] <-> [HW, I, O].
 */

/** The shape in PyTorch of a weight that has `shape` in tfjs. */
export function toTorchShape(shape: readonly number[]): number[] {
  if (!isKernel(shape)) return fromTorchShape(shape);
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  return [outputs, inputs, ...shape.slice(0, -2)];
}

/** The shape in tfjs of a weight that has `shape` in PyTorch. */
export function fromTorchShape(shape: readonly number[]): number[] {
  if (shape.length === 2) return [...shape].reverse(); // [out, in] -> [in, out]
  if (!isKernel(shape)) return [...shape];
  const [outputs, inputs, ...area] = shape as [number, number, ...number[]];
  return [...area, inputs, outputs];
}

/** Of a convolution, over frames or not. */
const isKernel = ({ length }: readonly number[]): boolean => length === 4 || length === 5;

/** Reorders a weight of tfjs' `shape` for PyTorch. The same memory where no axis moves. */
export function toTorchLayout(values: Float32Array, shape: readonly number[]): Float32Array {
  const [outputs = 0, inputs = 0] = toTorchShape(shape);
  return movesAxes(shape) ? reverseAxes(values, inputs, outputs) : values; // [HW, I, O] -> [O, I, HW]
}

/** Reorders a weight of PyTorch's `shape` for tfjs. The same memory where no axis moves. */
export function fromTorchLayout(values: Float32Array, shape: readonly number[]): Float32Array {
  const [outputs = 0, inputs = 0] = shape;
  const area = values.length / (inputs * outputs);
  return movesAxes(shape) ? reverseAxes(values, inputs, area) : values; // [O, I, HW] -> [HW, I, O]
}

function movesAxes(shape: readonly number[]): boolean {
  return (shape.length === 2 || isKernel(shape)) && !shape.includes(0);
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
