/** What a graph writes for a device that binds few buffers to a shader. */
import { expect, it } from 'vitest';
import { Graph, plainTarget } from '../../../src/engine/onnx/graph/graph.js';
import { encodeModel } from '../../../src/engine/onnx/graph/model.js';
import { openOnnxSession } from '../../../src/engine/onnx/run/onnx-session.js';

it.each([2, 7, 8, 49, 50, 83])('cuts into %i pieces and joins them again with at most 8 buffers a node', (count) => {
  const graph = new Graph({ ...plainTarget, buffersPerNode: 8 });
  const sizes = Array.from({ length: count }, (_, index) => 1 + (index % 3));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const pieces = graph.split(graph.input('float32', [2, total], 'x'), sizes, 1);
  const reversed = graph.concat(pieces.toReversed(), 1);
  graph.output(reversed, 'float32', [2, total], 'y');
  const { nodes, constants } = graph.finish();
  const sizesOf = (inputs: readonly string[]) => inputs.filter((name) => !constants.some((each) => each.name === name));
  for (const { inputs, outputs } of nodes) expect(sizesOf(inputs).length + outputs.length).toBeLessThanOrEqual(8);

  const session = openOnnxSession(encodeModel({ nodes, constants, inputs: graph.inputs, outputs: graph.outputs }));
  const row = (first: number) => Float32Array.from({ length: total }, (_, index) => first + index);
  const reversedRow = (first: number) => {
    const ends = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
    return ends.toReversed().flatMap((end, index) => [...row(first).slice(end - sizes[count - 1 - index]!, end)]);
  };
  const data = Float32Array.of(...row(0), ...row(1000));
  const { y } = session.run({ x: { shape: [2, total], data } });
  session.dispose();
  expect([...y!.data]).toEqual([...reversedRow(0), ...reversedRow(1000)]);
});
