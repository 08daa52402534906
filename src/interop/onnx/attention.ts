/** Attention in a graph whose sizes are open, with a bound on the scores that are there at once. */
import type { Graph } from '../../engine/onnx/graph/graph.js';

/**
 * softmax(QKᵀ / √C) V over [B, N, C] each. Of more than `most` scores about equal shares of the queries are computed one after
 * the other, as src/nn/attention.ts does: the same numbers.
 *
 * @param most at least the scores of one query of each image; all at once, and no loop in the graph, where it is infinite
 */
export function attend(
  graph: Graph,
  [query, key, value]: readonly [string, string, string],
  channels: number,
  most: number,
): string {
  const scaled = graph.node('Mul', [query, graph.scalar(channels ** -0.5)]);
  const keys = graph.transpose(key, [0, 2, 1]); // [B, C, N]
  const ofQueries = (queries: string) => {
    const scores = graph.node('MatMul', [queries, keys]); // [B, R, N]
    return graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), value]); // [B, R, C]
  };
  if (most === Number.POSITIVE_INFINITY) return ofQueries(scaled);

  const [rows, scoresOfRow] = sizesOf(graph, query);
  const rowsAtOnce = graph.node('Max', [graph.node('Div', [graph.int64s([most]), scoresOfRow]), graph.int64s([1])]);
  const count = dividedUp(graph, rows, rowsAtOnce); // P
  const share = dividedUp(graph, rows, count); // R
  const missing = graph.node('Sub', [graph.node('Mul', [count, share]), rows]);
  const pads = graph.node('Concat', [graph.int64s([0, 0, 0, 0]), missing, graph.int64s([0])], { axis: 0 });
  const inParts = graph.node('Concat', [graph.int64s([0]), count, share, graph.int64s([channels])], { axis: 0 });
  const parts = graph.node('Reshape', [graph.node('Pad', [scaled, pads]), inParts]); // [B, P, R, C]
  const joined = graph.reshape(graph.partByPart(parts, ofQueries), [0, -1, channels]); // [B, PR, C]
  return graph.node('Slice', [joined, graph.int64s([0]), rows, graph.int64s([1])]);
}

/** Of [B, N, C]: N, and B·N. */
function sizesOf(graph: Graph, x: string): [string, string] {
  const size = (start: number) => graph.node('Shape', [x], { start, end: start + 1 });
  return [size(1), graph.node('Mul', [size(0), size(1)])];
}

/** a / b, rounded up. */
function dividedUp(graph: Graph, a: string, b: string): string {
  return graph.node('Div', [graph.node('Sub', [graph.node('Add', [a, b]), graph.int64s([1])]), b]);
}
