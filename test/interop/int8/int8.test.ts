import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { imageFilterSchema, modelConfigSchema } from '../../../src/config/config.js';
import { findImages } from '../../../src/data/images.js';
import { writeSyntheticImages } from '../../../src/data/synthetic/write.js';
import { encodeModel, type ModelDefinition } from '../../../src/engine/onnx/graph/model.js';
import { openOnnxSession } from '../../../src/engine/onnx/run/onnx-session.js';
import { selectEngine } from '../../../src/engine/select.js';
import { encoderDefinition } from '../../../src/interop/onnx/autoencoder.js';
import { bestRange } from '../../../src/interop/onnx/int8/calibrate.js';
import { quantizedConvolutions } from '../../../src/interop/onnx/int8/convolutions.js';
import { activationScale, quantizeFilter, quantizeModel } from '../../../src/interop/onnx/int8/quantize.js';
import { onnxNetworkOf } from '../../../src/interop/onnx/network.js';
import { assertInt8, calibrateInt8 } from '../../../src/latents/int8.js';
import { sessionArithmetic } from '../../../src/latents/model-arithmetic.js';
import { normals } from '../../../src/random.js';

const engine = { engine: 'onnxruntime', device: 'cpu', threads: 1 } as const;
const filter = imageFilterSchema.parse({});
let folder: string;

beforeAll(async () => {
  await selectEngine(engine);
  folder = await mkdtemp(join(tmpdir(), 'int8-'));
  await writeSyntheticImages(folder, { images: 8, size: 64, seed: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const network = (options: object) =>
  createAutoencoder(modelConfigSchema.parse({ imageSize: 64, ...options }), { seed: 0 });
const klOptions = { latent: 'spatial', blockOutChannels: [16, 32], normNumGroups: 8, latentChannels: 4 };
const kl = () => network(klOptions);

/** x [1, 2, 4, 4] -> three convolutions, of which the middle one is the one to be rounded. */
function threeConvolutions(): ModelDefinition {
  const weight = (name: string) => ({ name, dtype: 'float32' as const, shape: [2, 2, 3, 3], data: normals(36, name) });
  const conv = (input: string, name: string, output: string) => ({
    operator: 'Conv',
    domain: '',
    inputs: [input, name],
    outputs: [output],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
  });
  const relu = (input: string, output: string) => {
    return { operator: 'Relu', domain: '', inputs: [input], outputs: [output], attributes: {} };
  };
  const nodes = [conv('x', 'a', 'y'), relu('y', 'z'), conv('z', 'b', 'u'), relu('u', 'v'), conv('v', 'c', 'out')];
  const shape = [1, 2, 4, 4];
  return {
    nodes,
    constants: ['a', 'b', 'c'].map(weight),
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: [{ name: 'out', dtype: 'float32', shape }],
  };
}

describe('8 bits', () => {
  test('leave the first and the last convolution, and what follows the last one, in float32', async () => {
    const definition = encoderDefinition(await onnxNetworkOf(kl()), { layout: 'NHWC' });
    const all = definition.nodes.filter(({ operator }) => operator === 'Conv');
    // conv_in before them; conv_out and quant_conv after them.
    expect(quantizedConvolutions(definition)).toEqual(all.slice(1, -2));
    expect(all.length).toBeGreaterThan(6);
  });

  test('of a convolution are the sum of rounded products, rounded', () => {
    const model = threeConvolutions();
    const [, , middle] = model.nodes;
    const outputs = ['z', 'u'].map((name) => ({ name, dtype: 'float32' as const, shape: [1, 2, 4, 4] }));
    expect(quantizedConvolutions(model)).toEqual([middle]);
    const x = normals(32, 'x');
    const run = (definition: ModelDefinition) =>
      openOnnxSession(encodeModel({ ...definition, outputs }), { threads: 1 }).run({
        x: { shape: [1, 2, 4, 4], data: x },
      });
    const exact = run(model);
    const [input, output] = [exact.z!.data as Float32Array, exact.u!.data as Float32Array];
    const ranges = [0, Math.max(...input), Math.min(...output), Math.max(...output)] as const;
    const rounded = run(quantizeModel(model, [ranges]));
    const inScale = activationScale([ranges[0], ranges[1]]);
    const outScale = activationScale([ranges[2], ranges[3]]);
    const { values, scales } = quantizeFilter(model.constants[1]!.data as Float32Array, 2);
    const codes = input.map((value) => Math.round(value / inScale.scale));
    const expected = output.map((_, at) => {
      const [channel, row, column] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4];
      let sum = 0;
      for (let from = 0; from < 2; from++) {
        for (let tap = 0; tap < 9; tap++) {
          const [y, z] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
          if (y < 0 || y > 3 || z < 0 || z > 3) continue;
          sum += codes[from * 16 + y * 4 + z]! * values[(channel * 2 + from) * 9 + tap]!;
        }
      }
      const code = Math.round((sum * inScale.scale * scales[channel]!) / outScale.scale);
      return Math.min(255 - outScale.zeroPoint, Math.max(-outScale.zeroPoint, code)) * outScale.scale;
    });
    // A sum just between two steps may fall to either.
    for (const [at, value] of expected.entries()) {
      expect(Math.abs((rounded.u!.data[at] as number) - value)).toBeLessThanOrEqual(outScale.scale * 1.001);
    }
    const same = expected.filter((value, at) => Math.abs((rounded.u!.data[at] as number) - value) < 1e-4);
    expect(same.length).toBeGreaterThan(28);
  });

  test('stand for zero exactly, and clip what is rare where finer steps are worth more', () => {
    for (const range of [
      [-1, 2],
      [0.5, 3],
      [-4, -1],
      [0, 0],
    ] as const) {
      const { scale, zeroPoint } = activationScale(range);
      expect(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255 && scale > 0).toBe(true);
    }
    const bulk = [...normals(60_000, 'bulk')];
    const [low, high] = bestRange([...bulk, 8], [-4, 8]);
    expect(high).toBeLessThan(8);
    expect(low).toBeLessThan(-2);
    expect(bestRange([0, 1, 2, 3], [0, 3])).toEqual([0, 3]);
  });

  test.each([
    ['kl', klOptions],
    [
      'tiny',
      {
        latent: 'tiny',
        channels: 16,
        latentChannels: 4,
        encoderBlocks: [1, 1],
        decoderBlocks: [1, 1],
        midBlockNorm: false,
      },
    ],
  ])('keep the latents of a %s network, and are faithfully measured', async (_, options) => {
    const model = network(options);
    const size = 64;
    const precision = await calibrateInt8(model, await findImages(folder), { size, ...filter, threads: 1 });
    expect(precision).toMatchObject({ calibrationImages: 4, checkedImages: 4 });
    expect(precision.latentSnrDb).toBeGreaterThan(25);
    expect(precision.latentSnrDb).toBeLessThan(80);
    expect(Math.abs(precision.psnrChangeDb)).toBeLessThan(0.5);
    const again = await calibrateInt8(model, await findImages(folder), { size, ...filter, threads: 1 });
    expect(again).toEqual(precision);
    const data = normals(size * size * 3, 'picture').map((value) => value / 3);
    const shape = [1, size, size, 3] as const;
    const exact = await sessionArithmetic(model, 1).encode(data, shape);
    const rounded = await sessionArithmetic(model, 1, precision.ranges).encode(data, shape);
    expect(rounded.mean.some((value, at) => value !== exact.mean[at])).toBe(true);
  });

  test.each([
    ['another engine', { ...engine, engine: 'cpu' }, klOptions, /int8 on cpu, cpu: it is for --engine onnxruntime/],
    ['a linear model', engine, { latent: 'linear', latentFloats: 4 }, /without convolutions/],
  ] as const)('are refused for %s', async (_, engineOptions, options, message) => {
    await expect(assertInt8(network(options), engineOptions)).rejects.toThrow(message);
  });
});
