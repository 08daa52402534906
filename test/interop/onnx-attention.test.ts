import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Graph, plainTarget } from '../../src/engine/onnx/graph/graph.js';
import { bodyOf, encodeModel, type ModelDefinition } from '../../src/engine/onnx/graph/model.js';
import { openOnnxSession } from '../../src/engine/onnx/run/onnx-session.js';
import { attend } from '../../src/interop/onnx/attention.js';
import { sessionArithmetic } from '../../src/latents/model-arithmetic.js';
import { normals } from '../../src/random.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

useDefaultEngine();

function attention(channels: number, most: number): ModelDefinition {
  const graph = new Graph(plainTarget);
  const shape = ['b', 'n', channels];
  const [query, key, value] = ['query', 'key', 'value'].map((name) => graph.input('float32', shape, name));
  graph.output(attend(graph, [query!, key!, value!], channels, most), 'float32', shape, 'mixed');
  return { ...graph.finish(), inputs: graph.inputs, outputs: graph.outputs };
}

function mixed(definition: ModelDefinition, shape: readonly [number, number, number]) {
  const session = openOnnxSession(encodeModel(definition), { threads: 1 });
  const floats = shape[0] * shape[1] * shape[2];
  const given = ({ name }: { name: string }) => [name, { shape, data: normals(floats, name) }];
  const { mixed } = session.run(Object.fromEntries(definition.inputs.map(given)));
  session.dispose();
  return mixed!;
}

const isInParts = ({ nodes }: ModelDefinition) => nodes.some((node) => bodyOf(node) !== undefined);

it.each([
  ['all at once', [2, 12, 4], 10_000],
  ['equal shares', [1, 12, 4], 48],
  ['a last share that is smaller', [1, 13, 4], 40],
  ['several images', [3, 10, 8], 70],
  ['fewer than those of one query', [2, 9, 4], 1],
] as const)('attention in parts is what it is whole: %s', (_, shape, most) => {
  const [whole, parts] = [attention(shape[2], Number.POSITIVE_INFINITY), attention(shape[2], most)];
  expect([whole, parts].map(isInParts)).toEqual([false, true]);
  const [expected, got] = [mixed(whole, shape), mixed(parts, shape)];
  expect(got.shape).toEqual(shape);
  const differences = Array.from(got.data, (value, at) => Math.abs(value - (expected.data[at] as number)));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
});

const highWaterMiB = async () => Number(/VmHWM:\s*(\d+)/.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) / 1024;

it.runIf(process.platform === 'linux')(
  'encoding never has all scores of a large picture',
  async () => {
    const model = randomAutoencoder({
      latent: 'spatial',
      latentChannels: 2,
      normNumGroups: 4,
      blockOutChannels: [4, 4],
    });
    const arithmetic = sessionArithmetic(model, 1);
    const encoded = async (side: number) => {
      const shape = [1, side, side, 3] as const;
      await arithmetic.encode(new Float32Array(3 * side ** 2), shape);
      return highWaterMiB();
    };
    const before = await encoded(16);
    // 128² positions, whose scores are 1 GiB.
    expect((await encoded(256)) - before).toBeLessThan(500);
  },
  120_000,
);
