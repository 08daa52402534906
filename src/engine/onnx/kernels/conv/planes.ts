/**
 * Arithmetic on the planes of an image batch: each (image, channel) is one row of numbers. ONNX Runtime's own operators pass
 * over memory once per arithmetic sign; its convolution and its matrix product, used on single channels, do more per pass.
 */
import type { Graph } from '../../graph/graph.js';
import type { TensorMeta } from '../../numbers.js';

export interface Planes {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export function planesOf({ shape }: TensorMeta): Planes {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, height, width, channels };
}

/**
 * slope·x + shift (+ addend), with one slope and one shift per plane.
 *
 * @param x [B, C, H, W]; so is `addend`
 * @param slope any shape of B·C numbers; so is `shift`
 */
export function affinePlanes(
  graph: Graph,
  planes: Planes,
  { x, slope, shift, addend }: { x: string; slope: string; shift: string; addend?: string },
): string {
  const { batch, channels, height, width } = planes;
  const count = batch * channels;
  if (!graph.target.ownOperators) {
    const perPlane = (name: string) => graph.reshape(name, [batch, channels, 1, 1]);
    const mapped = graph.node('Add', [graph.node('Mul', [x, perPlane(slope)]), perPlane(shift)]);
    return addend ? graph.node('Add', [mapped, addend]) : mapped;
  }
  const asChannels = (name: string) => graph.reshape(name, [1, count, height, width]);
  const filter = graph.reshape(slope, [count, 1, 1, 1]);
  const operands = [asChannels(x), filter, graph.reshape(shift, [count]), ...(addend ? [asChannels(addend)] : [])];
  const operator = addend ? 'microsoft:FusedConv' : 'Conv';
  const mapped = graph.node(operator, operands, { kernel_shape: [1, 1], group: count });
  return graph.reshape(mapped, [batch, channels, height, width]);
}

/** The sum of each row of `x`, [rows, 1]. */
export function sumRows(graph: Graph, x: string, rows: number, columns: number): string {
  return graph.node('ReduceSum', [graph.reshape(x, [rows, columns]), graph.int64s([1])], { keepdims: 1 });
}

/** The scalar product of each row of `a` with the same row of `b`, [rows, 1]. */
export function dotRows(graph: Graph, a: string, b: string, rows: number, columns: number): string {
  if (!graph.target.ownOperators) return sumRows(graph, graph.node('Mul', [a, b]), rows, columns);
  const asRow = (name: string) => graph.reshape(name, [rows, 1, columns]);
  const products = graph.node('microsoft:FusedMatMul', [asRow(a), asRow(b)], { transB: 1 });
  return graph.reshape(products, [rows, 1]);
}
