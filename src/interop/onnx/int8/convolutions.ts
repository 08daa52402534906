/** Which convolutions of a graph are computed in 8 bits. */
import type { ModelDefinition, NodeDefinition } from '../../../engine/onnx/graph/model.js';

/** What stands between a network's last convolution and its outputs, and computes nothing new. */
const passing = new Set(['Conv', 'Split', 'Clip', 'Transpose', 'Reshape', 'Identity']);

/**
 * All but the first and the last: the one sees pixels, of which every error goes through the whole network, the other makes
 * the latent itself. Convolutions that follow the last one directly belong to it. In the graph's order.
 */
export function quantizedConvolutions({ nodes, outputs }: ModelDefinition): NodeDefinition[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const last = new Set<NodeDefinition>();
  const follow = (name: string | undefined) => {
    const node = producers.get(name ?? '');
    if (node === undefined || last.has(node) || !passing.has(node.operator)) return;
    last.add(node);
    follow(node.inputs[0]);
  };
  for (const { name } of outputs) follow(name);
  const convolutions = nodes.filter(({ operator }) => operator === 'Conv');
  return convolutions.slice(1).filter((node) => !last.has(node));
}
