/**
 * The order in which ONNX Runtime runs the nodes of a graph, which decides how many arrays must be kept at once.
 *
 * It starts from the nodes whose outputs no node reads, the last of the file first. Before a node run those that it reads from,
 * again the last of the file first. So every node runs as late as it can, and what only an output of the graph needs may run
 * when all else is done: of a training step all gradients of filters, for which the images of all layers would have to wait.
 */
import type { NodeDefinition } from './model.js';

/**
 * The nodes in an order of the file that makes ONNX Runtime run them much as they stand: of two that it could run next, the
 * earlier one. Sessions take them backwards; other readers of ONNX files might not.
 *
 * @param early outputs that are computed as soon as everything before them is; others when they are needed
 */
export function inRunningOrder(nodes: readonly NodeDefinition[], early: ReadonlySet<string>): NodeDefinition[] {
  const withEnds = nodes.flatMap((node) => [
    node,
    ...node.outputs.filter((output) => early.has(output)).map((output) => end(output)),
  ]);
  return withEnds.reverse();
}

/** A node to start from, which costs nothing. */
const end = (output: string): NodeDefinition => ({
  operator: 'Shape',
  domain: '',
  inputs: [output],
  outputs: [`${output} is there`],
  attributes: {},
});
