/**
 * How the axes of a tensor lie in memory. A permutation `p` of a tensor says that physical axis i holds logical axis p[i];
 * tfjs' own order is the identity. Convolutions of ONNX Runtime want images as NCHW and filters as OIHW.
 */
import type { Numbers } from '../numbers.js';

export type Permutation = readonly number[];
export type Shape = readonly number[];

/** Of tfjs' NHWC images. */
export const nchw: Permutation = [0, 3, 1, 2];
/** Of tfjs' HWIO filters. */
export const oihw: Permutation = [3, 2, 0, 1];

const identities = Array.from({ length: 8 }, (_, rank) => Array.from({ length: rank }, (_unused, axis) => axis));
export const identity = (rank: number): Permutation => identities[rank] as Permutation;

export const layoutKey = (permutation: Permutation): string => permutation.join('');
export const isIdentity = (permutation: Permutation): boolean => permutation.every((axis, index) => axis === index);
export const samePermutation = (a: Permutation, b: Permutation): boolean => layoutKey(a) === layoutKey(b);
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

export const inverse = (permutation: Permutation): Permutation => {
  const result = new Array<number>(permutation.length);
  permutation.forEach((axis, index) => {
    result[axis] = index;
  });
  return result;
};

/** Items given per logical axis, in physical order. */
export const permuted = <Item>(items: readonly Item[], permutation: Permutation): Item[] =>
  permutation.map((axis) => items[axis] as Item);

/** The axes that matter to the order of elements: those longer than 1. */
const longAxes = (shape: Shape, permutation: Permutation) => permutation.filter((axis) => shape[axis] !== 1);

/** Whether two layouts of a shape hold the elements in the same order, so that a Reshape leads from one to the other. */
export function sameOrder(shape: Shape, a: Permutation, b: Permutation): boolean {
  return samePermutation(longAxes(shape, a), longAxes(shape, b));
}

/**
 * The layout that `newShape` has without moving an element, when `shape` lies as `permutation`; undefined where elements
 * would have to move. Prefers NCHW among equals.
 */
export function reshapedLayout(shape: Shape, permutation: Permutation, newShape: Shape): Permutation | undefined {
  const blocks = commonBlocks(shape, newShape);
  if (!blocks) return undefined;
  const order: number[] = [];
  const remaining = longAxes(shape, permutation);
  while (remaining.length > 0) {
    const block = blocks.find(({ from }) => from[0] === remaining[0]);
    if (!block?.from.every((axis, index) => remaining[index] === axis)) return undefined;
    remaining.splice(0, block.from.length);
    order.push(...block.to);
  }
  const candidates = newShape.length === 4 ? [identity(4), nchw] : [identity(newShape.length)];
  const known = candidates.find((candidate) => samePermutation(longAxes(newShape, candidate), order));
  if (known) return known;
  const units = identity(newShape.length).filter((axis) => newShape[axis] === 1);
  return [...units, ...order];
}

interface Block {
  readonly from: number[];
  readonly to: number[];
}

/** Splits two shapes of equal size into the shortest runs of axes (longer than 1) with equal products. */
function commonBlocks(shape: Shape, newShape: Shape): Block[] | undefined {
  const from = identity(shape.length).filter((axis) => shape[axis] !== 1);
  const to = identity(newShape.length).filter((axis) => newShape[axis] !== 1);
  const blocks: Block[] = [];
  let [left, right] = [0, 0];
  while (left < from.length && right < to.length) {
    const block: Block = { from: [from[left] as number], to: [to[right] as number] };
    let products = [shape[from[left++] as number] as number, newShape[to[right++] as number] as number] as const;
    while (products[0] !== products[1]) {
      const growsLeft = products[0] < products[1];
      const axis = growsLeft ? from[left++] : to[right++];
      if (axis === undefined) return undefined;
      (growsLeft ? block.from : block.to).push(axis);
      products = growsLeft
        ? [products[0] * (shape[axis] as number), products[1]]
        : [products[0], products[1] * (newShape[axis] as number)];
    }
    blocks.push(block);
  }
  return left === from.length && right === to.length ? blocks : undefined;
}

/** A copy of `data` in another order of axes, where `data` lies as `from` and the copy as `to`. */
export function relayout<Data extends Numbers>(data: Data, shape: Shape, from: Permutation, to: Permutation): Data {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let physical = from.length - 1; physical >= 0; physical--) {
    const axis = from[physical] as number;
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  const result = new (data.constructor as new (length: number) => Data)(data.length);
  const sizes = permuted(shape, to);
  const steps = permuted(strides, to);
  const innerSize = sizes.at(-1) ?? 1;
  const innerStep = steps.at(-1) ?? 1;
  const index = new Array<number>(sizes.length).fill(0);
  let source = 0;
  for (let target = 0; target < data.length; ) {
    for (let inner = 0, position = source; inner < innerSize; inner++, position += innerStep) {
      result[target++] = data[position] as number;
    }
    for (let axis = sizes.length - 2; axis >= 0; axis--) {
      const step = steps[axis] as number;
      source += step;
      if (++(index[axis] as number) < (sizes[axis] as number)) break;
      source -= step * (index[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}
