/** Nodes that ONNX Runtime can do as one, where nothing else reads what is between them. */
import { type NodeDefinition, valuesRead } from './model.js';

const isBlockedConv = ({ operator, domain }: NodeDefinition) => operator === 'Conv' && domain === 'com.microsoft.nchwc';
const isRelu = ({ operator, domain }: NodeDefinition) => operator === 'Relu' && domain === '';

/** ReLU as a part of the blocked convolution before it. */
export function fuseActivations(nodes: readonly NodeDefinition[], outputs: ReadonlySet<string>): NodeDefinition[] {
  const convs = new Map(nodes.filter(isBlockedConv).map((conv) => [conv.outputs[0] as string, conv]));
  const readers = new Map<string, number>();
  for (const name of nodes.flatMap(valuesRead)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const activations = new Map<NodeDefinition, NodeDefinition>();
  for (const relu of nodes.filter(isRelu)) {
    const input = relu.inputs[0] as string;
    const conv = convs.get(input);
    if (conv && readers.get(input) === 1 && !outputs.has(input)) activations.set(conv, relu);
  }
  const fused = new Set(activations.values());
  return nodes
    .filter((node) => !fused.has(node))
    .map((node) => {
      const relu = activations.get(node);
      return relu ? { ...node, outputs: relu.outputs, attributes: { ...node.attributes, activation: 'Relu' } } : node;
    });
}
