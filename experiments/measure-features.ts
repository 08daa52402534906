/**
 * `node dist/experiments/measure-features.js [WEIGHTS.safetensors] [PHOTOS] [SQUEEZENET.mat]`: what the features behind
 * `--perceptual builtin` are worth on photographs they were not trained on, beside random weights and SqueezeNet.
 */
import * as tf from '@tensorflow/tfjs-core';
import { print } from '../scripts/cli/output.js';
import { findImages, type ImageFile } from '../src/data/images.js';
import { decodeImage } from '../src/data/pictures/decode.js';
import { toUnitRange } from '../src/data/pictures/values/pixels.js';
import { selectEngine } from '../src/engine/select.js';
import { loadPhotoFeatures } from '../src/losses/perceptual/load.js';
import { createPhotoFeatures, foldedUnit } from '../src/losses/perceptual/photo-features.js';
import { builtinWeightsPath } from '../src/losses/perceptual/weight-files.js';
import { gaussian } from '../src/nn/initializers.js';
import { createParameterTree, type Initializer } from '../src/nn/parameters.js';
import { splitPhotos } from '../src/training/features/photo-classes.js';
import { distortions } from './features/distortions.js';
import { nearestNeighbourAccuracy, rankCorrelation } from './features/figures.js';
import { type FeatureNetwork, loadSqueezenet, networkOf } from './features/squeezenet.js';

const probeSize = 128;
const distortionSize = 128;
const distortedImages = 40;
const batch = 16;

const [, , weights = builtinWeightsPath, folder = '../shared/images/photos', yardstickPath] = process.argv;
const yardstick = yardstickPath ?? '../shared/weights/squeezenet_v1.1_notop.mat';

async function pixelsOf(file: ImageFile, size: number): Promise<Uint8Array> {
  const options = { size, crop: { kind: 'center' }, mirror: false, maxPixels: 2 ** 26 } as const;
  return (await decodeImage(file.path, options)).pixels;
}

function batchOf(pictures: readonly Uint8Array[], size: number): tf.Tensor4D {
  const values = new Float32Array(pictures.length * size * size * 3);
  for (const [index, pixels] of pictures.entries()) toUnitRange(pixels, values, index * pixels.length);
  return tf.tensor4d(values, [pictures.length, size, size, 3]);
}

/** The last features of every picture, averaged over positions. */
async function pooledFeatures(network: Pick<FeatureNetwork, 'features'>, pictures: readonly Uint8Array[]) {
  const vectors: Float32Array[] = [];
  for (let first = 0; first < pictures.length; first += batch) {
    const pooled = tf.tidy(() => {
      const last = network.features(batchOf(pictures.slice(first, first + batch), probeSize)).at(-1) as tf.Tensor4D;
      return tf.mean(last, [1, 2]) as tf.Tensor2D; // [B, C]
    });
    const values = await pooled.data<'float32'>();
    const channels = pooled.shape[1];
    for (let row = 0; row < pooled.shape[0]; row++) vectors.push(values.slice(row * channels, (row + 1) * channels));
    pooled.dispose();
  }
  return vectors;
}

/** Distances between pictures and their distorted versions, pair by pair. */
async function distancesOf(network: FeatureNetwork, originals: Uint8Array[], changed: Uint8Array[]): Promise<number[]> {
  const distances: number[] = [];
  for (let first = 0; first < originals.length; first += batch) {
    const slice = (pictures: Uint8Array[]) => batchOf(pictures.slice(first, first + batch), distortionSize);
    const measured = tf.tidy(() => network.distances(slice(originals), slice(changed)));
    distances.push(...(await measured.data()));
    measured.dispose();
  }
  return distances;
}

/** N(0, 2 / fan-in) (He et al., arXiv 1502.01852, eq. 10), biases zero. */
const kaiming: Initializer = (name, shape) => {
  const [height = 1, width = 1, inputs = 1] = shape;
  return gaussian(0, 0, shape.length === 1 ? 0 : Math.sqrt(2 / (height * width * inputs)))(name, shape);
};

await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 0 });
const builtin = await loadPhotoFeatures(weights);
const squeezenet = await loadSqueezenet(yardstick);
const randomTrunk = createPhotoFeatures(createParameterTree(kaiming).scope, foldedUnit);
const networks: Record<string, FeatureNetwork> = {
  builtin,
  'random weights': networkOf(randomTrunk.features, randomTrunk.channels),
  squeezenet,
};

const { probe, validation, unseenLabels } = splitPhotos(await findImages(folder, { classDepth: 0 }), 0);
const probes = await Promise.all(probe.map((file) => pixelsOf(file, probeSize)));
const labels = probe.map(({ label }) => label as string);
const isUnseen = (index: number) => unseenLabels.has(labels[index] as string);

const every = Math.floor(validation.length / distortedImages);
const chosen = [
  ...validation.filter((_, index) => index % every === 0),
  ...probe.filter((_, index) => index % 60 === 0),
];
const originals: Uint8Array[] = [];
const changed: Uint8Array[] = [];
const series: string[] = [];
for (const file of chosen) {
  const pixels = await pixelsOf(file, distortionSize);
  for (const { name, strengths, apply } of distortions) {
    for (const strength of strengths) {
      originals.push(pixels);
      changed.push(await apply(pixels, distortionSize, strength));
      series.push(name);
    }
  }
}

const reference = await distancesOf(squeezenet, originals, changed);
print(
  `1-NN on ${probe.length} pictures of ${new Set(labels).size} Caltech-101 classes at ${probeSize} px, none trained on;`,
);
print(
  `rank correlation with SqueezeNet's distance over ${originals.length} distorted pictures at ${distortionSize} px`,
);
for (const [name, network] of Object.entries(networks)) {
  const vectors = await pooledFeatures(network, probes);
  const distances = await distancesOf(network, originals, changed);
  const of = (wanted: string) => rankCorrelation(...pick(wanted, distances, reference));
  const figures = {
    nearestNeighbour: nearestNeighbourAccuracy(vectors, labels),
    nearestNeighbourOfUnseenClasses: nearestNeighbourAccuracy(vectors, labels, isUnseen),
    rankCorrelation: rankCorrelation(distances, reference),
    ...Object.fromEntries(distortions.map((distortion) => [distortion.name, of(distortion.name)])),
  };
  const rounded = Object.entries(figures).map(([key, value]) => `${key} ${value.toFixed(3)}`);
  print(`${name}: ${rounded.join(', ')}`);
}

function pick(name: string, a: readonly number[], b: readonly number[]): [number[], number[]] {
  const chosenOf = (values: readonly number[]) => values.filter((_, index) => series[index] === name);
  return [chosenOf(a), chosenOf(b)];
}
