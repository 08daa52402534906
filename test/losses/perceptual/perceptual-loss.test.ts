import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PerceptualKind } from '../../../src/config/config.js';
import { toTorchLayout, toTorchShape } from '../../../src/interop/layouts.js';
import { openTensorFile } from '../../../src/interop/open-tensor-file.js';
import { writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { loadPerceptualLoss } from '../../../src/losses/perceptual/load.js';
import { createPerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { lpipsWeightFiles } from '../../../src/losses/perceptual/weight-files.js';
import type { Initializer } from '../../../src/nn/parameters.js';
import { expectClose, expectNumber, openGolden, useDefaultEngine } from '../../golden.js';

beforeAll(async () => {
  await useDefaultEngine();
});

const fromOihw = (values: Float32Array, [kh = 1, kw = 1, inChannels = 1, outChannels = 1]: readonly number[]) =>
  tf.tidy(() => tf.transpose(tf.tensor(values, [outChannels, inChannels, kh, kw]), [2, 3, 1, 0]));

const wave = (j: number, i: number) => Math.sin(0.7 * j + 1.3 * i + ((0.001 * j * j) % 6));

/** The golden files' formula weights of trunks; `place` is a convolution's number in the formula. */
function trunkWeights(place: (name: string) => number): Initializer {
  return (name, shape) => {
    const size = tf.util.sizeFromShape([...shape]);
    const i = place(name);
    if (shape.length === 1) return tf.tensor(Float32Array.from({ length: size }, (_, j) => 0.05 * wave(j, i + 0.5)));
    const scale = Math.sqrt(4 / (size / (shape[3] as number)));
    return fromOihw(
      Float32Array.from({ length: size }, (_, j) => scale * wave(j, i)),
      shape,
    );
  };
}

/** Channel c of layer k: 0.1 |sin(0.3 c + k)|. */
const formulaHead: Initializer = (name, shape) => {
  const layer = Number(/^lin(\d)/.exec(name)?.[1]);
  const channels = shape[2] as number;
  return tf.tensor(
    Float32Array.from({ length: channels }, (_, c) => 0.1 * Math.abs(Math.sin(0.3 * c + layer))),
    [...shape],
  );
};

/** Numbers convolutions by the order in which they are asked for. */
function inOrder(): (name: string) => number {
  const seen: string[] = [];
  return (name) => {
    const layer = name.replace(/\.(weight|bias)$/, '');
    if (!seen.includes(layer)) seen.push(layer);
    return seen.indexOf(layer);
  };
}

function withHeads(trunk: Initializer, heads: Initializer): Initializer {
  return (name, shape) => (name.startsWith('lin') ? heads(name, shape) : trunk(name, shape));
}

/** Numbers convolutions as torchvision numbers the layers of VGG16. */
const byIndex = (name: string) => Number(name.split('.')[1]);

describe.each(['alex', 'squeeze'])('LPIPS %s', (name) => {
  test('agrees with PyTorch in every layer’s distance and in the gradient', async () => {
    const golden = await openGolden('lpips-trunks/io.safetensors');
    const weights = withHeads(trunkWeights(inOrder()), formulaHead);
    const loss = createPerceptualLoss(`lpips-${name}` as PerceptualKind, weights);
    const [images, reconstructions] = [golden.images('a'), golden.images('b')];
    const perLayer = tf.stack(loss.layerDistances(images, reconstructions), 1); // [B, layers]
    const wanted = tf.tensor(golden.values(`${name}.per_layer`), perLayer.shape);
    expectClose(perLayer, wanted, 1e-4);
    expectClose(loss.distances(images, reconstructions), tf.sum(wanted, 1), 1e-4);
    const gradient = tf.grad((x) => tf.sum(loss.distances(images, x as tf.Tensor4D)))(reconstructions);
    expectClose(gradient, golden.images(`${name}.grad_b`), 1e-3);
  });
});

test('a trunk and its heads read from their two files are those that were written, without the classifier', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lpips-'));
  try {
    const made = createPerceptualLoss('lpips-squeeze', withHeads(trunkWeights(inOrder()), formulaHead));
    const tensors = [...made.parameters].map(([name, variable]) => ({
      name,
      dtype: 'F32' as const,
      shape: toTorchShape(variable.shape),
      data: toTorchLayout(variable.dataSync<'float32'>(), variable.shape) as Float32Array,
    }));
    const classifier = { name: 'classifier.1.weight', dtype: 'F32' as const, shape: [2], data: new Float32Array(2) };
    const { trunk, heads } = lpipsWeightFiles.squeeze;
    const isHead = ({ name }: { name: string }) => name.startsWith('lin');
    await writeSafetensors(join(folder, trunk.fileName), [...tensors.filter((tensor) => !isHead(tensor)), classifier]);
    await writeSafetensors(join(folder, heads.fileName), tensors.filter(isHead));
    const read = await loadPerceptualLoss('lpips-squeeze', folder);
    expect([...read.parameters.keys()]).toEqual([...made.parameters.keys()]);
    for (const [name, parameter] of read.parameters) {
      expect(parameter.dataSync(), name).toEqual(made.parameters.get(name)?.dataSync());
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

const headFile = fileURLToPath(new URL('../../../../shared/weights/lpips_v0.1_vgg.pth', import.meta.url));
if (!existsSync(headFile)) process.stderr.write(`LPIPS vgg is not compared with PyTorch: ${headFile} is not there.\n`);

test.skipIf(!existsSync(headFile))('LPIPS vgg with the published heads agrees with PyTorch', async () => {
  const golden = await openGolden('lpips-vgg/io.safetensors');
  const heads = new Map<string, Float32Array>();
  await using file = await openTensorFile(headFile);
  for (const name of file.entries.keys()) heads.set(name, await file.readFloat32(name));
  const publishedHead: Initializer = (name, shape) => tf.tensor(heads.get(name) as Float32Array, [...shape]);
  const loss = createPerceptualLoss('lpips-vgg', withHeads(trunkWeights(byIndex), publishedHead));
  const [images, reconstructions] = [golden.images('a'), golden.images('b')];
  let perLayer: tf.Tensor = tf.scalar(0);
  const { value, grad } = tf.valueAndGrad((x) => {
    const distances = loss.layerDistances(images, x as tf.Tensor4D);
    perLayer = tf.keep(tf.stack(distances, 1)); // [B, layers]
    return tf.sum(tf.addN(distances));
  })(reconstructions);
  expectClose(perLayer, tf.tensor(golden.values('per_layer'), perLayer.shape), 1e-4);
  expectNumber(
    value as tf.Scalar,
    golden.values('distance').reduce((sum, distance) => sum + distance, 0),
    1e-4,
  );
  expectClose(grad, golden.images('grad_b'), 1e-3);
});
