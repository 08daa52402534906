/** Matrix products. A transposition costs nothing: it becomes a flag of the product. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.js';
import { identity, type Permutation, samePermutation } from '../graph/layout.js';
import { GraphValue } from '../graph/value.js';
import { defineKernel, floatOnly, type KernelSpec } from './kernel.js';

interface MatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

/** The layout whose last two axes are swapped: a matrix stored column by column. */
const swapped = (rank: number): Permutation => [...identity(rank - 2), rank - 1, rank - 2];

export interface Matrix {
  readonly name: string;
  readonly rank: number;
  readonly transposed: boolean;
}

/** A matrix product of physical arrays, each optionally transposed on the fly. */
export function product(graph: Graph, a: Matrix, b: Matrix): string {
  if (!a.transposed && !b.transposed) return graph.node('MatMul', [a.name, b.name]);
  if (graph.target.ownOperators) {
    const attributes = { transA: a.transposed ? 1 : 0, transB: b.transposed ? 1 : 0 };
    return graph.node('microsoft:FusedMatMul', [a.name, b.name], attributes);
  }
  const upright = ({ name, rank, transposed }: Matrix) => (transposed ? graph.transpose(name, swapped(rank)) : name);
  return graph.node('MatMul', [upright(a), upright(b)]);
}

const batchMatMul = defineKernel<MatMulAttributes>({
  name: 'BatchMatMul',
  inputs: ['a', 'b'],
  dtypes: floatOnly,
  supports: (inputs) => inputs.every(({ shape }) => shape.length >= 2 && !shape.includes(0)),
  infer([a, b], { transposeA, transposeB }) {
    const rows = a!.shape.at(transposeA ? -1 : -2) as number;
    const columns = b!.shape.at(transposeB ? -2 : -1) as number;
    const inner = [a!.shape.at(transposeA ? -2 : -1), b!.shape.at(transposeB ? -1 : -2)];
    tf.util.assert(
      inner[0] === inner[1],
      () => `Error in matMul: inner shapes (${inner[0]}) and (${inner[1]}) of [${a!.shape}] and [${b!.shape}] differ.`,
    );
    const batch = tf.backend_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ shape: [...batch, rows, columns], dtype: a!.dtype }];
  },
  lower({ graph, inputs: [a, b], attributes, outputs: [output] }) {
    const read = (value: GraphValue, transposed: boolean): Matrix => {
      const isSwapped = samePermutation(value.preferred, swapped(value.rank));
      const layout = isSwapped ? value.preferred : identity(value.rank);
      return { name: value.form(layout), rank: value.rank, transposed: transposed !== isSwapped };
    };
    const left = read(a!, attributes.transposeA);
    const right = read(b!, attributes.transposeB);
    const rank = output!.shape.length;
    // Keeps channels-first sequences channels-first: weights follow their input, products their values.
    const follows = b!.rank === 2 && a!.rank > 2 ? left.transposed : right.transposed && !attributes.transposeB;
    if (!follows || rank !== Math.max(a!.rank, b!.rank)) {
      return [GraphValue.of(graph, output!, product(graph, left, right))];
    }
    const flip = (matrix: Matrix): Matrix => ({ ...matrix, transposed: !matrix.transposed });
    return [GraphValue.of(graph, output!, product(graph, flip(right), flip(left)), swapped(rank))];
  },
});

export const matmulKernels: readonly KernelSpec[] = [batchMatMul];
