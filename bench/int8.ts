/** `npm run bench -- int8`: what computing an encoder in 8 bits is worth, in turns with the same encoder in float32. */
import { parseArgs } from 'node:util';
import { createAutoencoder } from '../src/autoencoder/autoencoder.js';
import { modelConfigSchema, type PresetName, presets } from '../src/config/config.js';
import { selectEngine } from '../src/engine/select.js';
import { encoderDefinition } from '../src/interop/onnx/autoencoder.js';
import { quantizedConvolutions } from '../src/interop/onnx/int8/convolutions.js';
import { onnxNetworkOf } from '../src/interop/onnx/network.js';
import { type Arithmetic, sessionArithmetic } from '../src/latents/model-arithmetic.js';
import { normals } from '../src/random.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const size = 256;
const threads = 2;
const rounds = 5;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads });
  const rows: BenchRow[] = [];
  for (const preset of ['kl-f8', 'fast-f8'] as const) rows.push(await compare(preset));
  printRows(rows, values.json);
}

/** Speed does not depend on what the ranges are, so that none are looked for. */
async function compare(preset: PresetName): Promise<BenchRow> {
  const model = createAutoencoder(modelConfigSchema.parse(presets[preset].model(size)), { seed: 0 });
  const convolutions = quantizedConvolutions(encoderDefinition(await onnxNetworkOf(model)));
  const ranges = convolutions.map(() => [-4, 4, -8, 8] as const);
  const sides = { float32: sessionArithmetic(model, threads), int8: sessionArithmetic(model, threads, ranges) };
  const best = { float32: Number.POSITIVE_INFINITY, int8: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round++) {
    for (const side of ['float32', 'int8'] as const) best[side] = Math.min(best[side], await timeMs(sides[side]));
  }
  const workload = `${preset}, encode at ${size} px in 8 bits, ms per image`;
  return benchRow({ workload, peer: 'the same in float32', oursMs: best.int8, peerMs: best.float32, target: 1.8 });
}

async function timeMs({ encode }: Arithmetic): Promise<number> {
  const picture = normals(size * size * 3, 'bench').map((value) => value / 3);
  const start = performance.now();
  await encode(picture, [1, size, size, 3]);
  return performance.now() - start;
}
