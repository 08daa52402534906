/**
 * `npm run bench -- layout`: what it costs that models are written for NHWC images, as tfjs has them, although convolutions
 * compute in NCHW. The peer of the forward pass is a plain ONNX model written by hand in NCHW, with its weights inside, which
 * ONNX Runtime therefore lays out once; our export has them inside as well, our traced function is given them at each run.
 * The peer of the training step is the same step on images that lie in memory as NCHW, so that the compiler has nothing to turn.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../scripts/cli/output.js';
import { engineOptionsSchema } from '../src/config/config.js';
import type { OnnxBackend } from '../src/engine/onnx/backend.js';
import { traceToOnnx } from '../src/engine/onnx/export.js';
import { identity, nchw, oihw, type Permutation, relayout } from '../src/engine/onnx/graph/layout.js';
import { encodeModel, type NodeDefinition } from '../src/engine/onnx/graph/model.js';
import { type OnnxArray, type OnnxSession, openOnnxSession } from '../src/engine/onnx/run/onnx-session.js';
import { selectEngine } from '../src/engine/select.js';
import { contenderOf, race, type Workload } from './engine/race.js';
import { convStack } from './engine/stack.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const threads = 2;
/** NHWC may cost 3 %. */
const target = 1 / 1.03;
const stack = '6 × (conv 3×3, 64 channels, ReLU), 64 px, batch 4';

interface Row {
  readonly name: string;
  readonly peer: string;
  readonly ours: () => Workload;
  readonly theirs: () => Workload;
}

const rows: readonly Row[] = [
  {
    name: `${stack}, exported`,
    peer: 'ONNX written in NCHW',
    ours: exported,
    theirs: handWritten,
  },
  {
    name: `${stack}, forward`,
    peer: 'ONNX written in NCHW',
    ours: () => convStack({ norm: false, train: false }),
    theirs: handWritten,
  },
  ...[false, true].map((norm) => ({
    name: `${stack}${norm ? ' with GroupNorm and SiLU' : ''}, training step`,
    peer: 'images in NCHW',
    ours: () => convStack({ norm, train: true }),
    theirs: () => onNchwImages(convStack({ norm, train: true })),
  })),
];

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '8' } },
  });
  const results: BenchRow[] = [];
  for (const { name, peer, ours, theirs } of rows) {
    const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
    const contenders = [ours(), theirs()].map((workload) => contenderOf(workload, async () => {}));
    const [nhwc, other] = contenders as [(typeof contenders)[number], (typeof contenders)[number]];
    const { oursMs, peerMs } = await race(nhwc, other, { rounds: Number(values.rounds), runs: 8 });
    note(`${name}: NHWC ${oursMs.toFixed(1)} ms, ${peer} ${peerMs?.toFixed(1)} ms`);
    results.push(benchRow({ workload: `${name}, ms`, peer, oursMs, peerMs, target }));
    for (const contender of contenders) await contender.close();
    engine.dispose();
  }
  printRows(results, values.json);
}

const numbersOf = (tensor: tf.Tensor, order: Permutation) =>
  relayout(tensor.dataSync<'float32'>() as Float32Array, tensor.shape, identity(tensor.rank), order);

/** The workload on images that the engine holds in NCHW. */
function onNchwImages(workload: Workload): Workload {
  const images = workload.inputs.images as tf.Tensor;
  const data = numbersOf(images, nchw);
  (tf.backend() as OnnxBackend).lookUp(images).stored = { data, layout: nchw };
  return workload;
}

/** The forward pass as a standalone model of ours, which takes NHWC. */
function exported(): Workload {
  const workload = convStack({ norm: false, train: false });
  const images = workload.inputs.images as tf.Tensor4D;
  const names = { inputNames: ['images'], outputNames: ['mean'] };
  const session = openOnnxSession(
    traceToOnnx((x) => workload.forward(x as tf.Tensor4D), [images], names),
    { threads },
  );
  const input = { shape: images.shape, data: images.dataSync<'float32'>() as Float32Array };
  return inSession(workload, session, { images: input });
}

function inSession(workload: Workload, session: OnnxSession, inputs: Record<string, OnnxArray>): Workload {
  return {
    ...workload,
    run: async () => session.run(inputs).mean?.data[0] as number,
    dispose() {
      session.dispose();
      workload.dispose();
    },
  };
}

/** The forward pass as somebody would write it who knows ONNX alone. */
function handWritten(): Workload {
  const workload = convStack({ norm: false, train: false });
  const parameters = [...workload.parameters];
  const constants = parameters.map(([name, tensor]) => {
    const isFilter = tensor.rank === 4;
    const shape = isFilter ? oihw.map((axis) => tensor.shape[axis] as number) : tensor.shape;
    const data = isFilter ? numbersOf(tensor, oihw) : (tensor.dataSync<'float32'>() as Float32Array);
    return { name, dtype: 'float32', shape, data } as const;
  });
  const filters = constants.filter(({ shape }) => shape.length === 4);
  const biases = constants.filter(({ shape }) => shape.length === 1);
  const node = (operator: string, inputs: string[], output: string, attributes = {}): NodeDefinition => ({
    operator,
    domain: '',
    inputs,
    outputs: [output],
    attributes,
  });
  const layers = filters.flatMap(({ name }, index) => [
    node('Conv', [`x${index}`, name, biases[index]?.name ?? ''], `y${index}`, { pads: [1, 1, 1, 1] }),
    node('Relu', [`y${index}`], `x${index + 1}`),
  ]);
  const last = `x${filters.length}`;
  const tail = [node('Mul', [last, last], 'square'), node('ReduceMean', ['square'], 'mean', { keepdims: 0 })];
  const images = workload.inputs.images as tf.Tensor4D;
  const shape = nchw.map((axis) => images.shape[axis] as number);
  const session = openOnnxSession(
    encodeModel({
      nodes: [...layers, ...tail],
      constants,
      inputs: [{ name: 'x0', dtype: 'float32', shape }],
      outputs: [{ name: 'mean', dtype: 'float32', shape: [] }],
    }),
    { threads },
  );
  return inSession(workload, session, { x0: { shape, data: numbersOf(images, nchw) } });
}
