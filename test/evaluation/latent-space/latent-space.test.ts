import * as tf from '@tensorflow/tfjs-core';
import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import { estimateBoundOfImages } from '../../../src/evaluation/bound/bound-files.js';
import { likelihoodDraw, priorLatents } from '../../../src/evaluation/latent-space/draws.js';
import { analyzeLatentSpaces, type LatentSpaces } from '../../../src/evaluation/latent-space/latent-space.js';
import { decodeLatents, encodeImages } from '../../../src/evaluation/model-passes.js';
import type { ReadImages } from '../../../src/evaluation/read-images.js';
import { normals } from '../../../src/random.js';
import { latentSpaceSection } from '../../../src/report/page/sections/latent-space-section.js';
import { randomAutoencoder } from '../../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../../golden.js';

const size = 8;
const count = 12;
const network = { imageSize: size, blockOutChannels: [8, 8], normNumGroups: 4, midBlockAttention: false };
let spatial: Autoencoder;
let vector: Autoencoder;
let read: ReadImages;
let spaces: LatentSpaces;

beforeAll(async () => {
  await useDefaultEngine();
  spatial = randomAutoencoder({ latent: 'spatial', latentChannels: 2, ...network });
  vector = randomAutoencoder({ latent: 'vector', latentFloats: 5, ...network });
  const files = Array.from({ length: count }, (_, index) => {
    const relativePath = `${index % 3 === 0 ? 'cats' : 'dogs'}/${index}.png`;
    return { path: `/${relativePath}`, relativePath, label: relativePath.split('/')[0]! };
  });
  const images = normals(count * size * size * 3, 'images').map((value) => Math.tanh(value));
  read = { images, files, shape: [size, size, 3], skipped: [] };
  const models = [
    { name: 'grid', model: spatial },
    { name: 'one <vector>', model: vector },
  ];
  spaces = await analyzeLatentSpaces(models, read, { batch: 5, seed: 3, pairs: 2, steps: 4, priorSamples: 6 });
}, 120_000);

describe('passes through a model', () => {
  test('give what the model gives, whatever the size of a batch', async () => {
    const shape = [size, size, 3] as const;
    const direct = tf.tidy(() => spatial.encode(tf.tensor4d(read.images, [count, ...shape])).mean.dataSync());
    for (const batch of [5, 12]) {
      const { mean, shape: latent, isDeterministic } = await encodeImages(spatial, read.images, shape, { batch });
      expect(latent).toEqual([4, 4, 2]);
      expect(isDeterministic).toBe(false);
      expect(mean.length).toBe(direct.length);
      for (const [at, value] of direct.entries()) expect(mean[at]).toBeCloseTo(value, 4);
      const decoded = await decodeLatents(spatial, mean, latent, { batch });
      expect(decoded.length).toBe(read.images.length);
    }
  });
});

describe('the look at latent spaces', () => {
  test('has everything of every model, on the same classes', () => {
    expect(spaces.classes.names).toEqual(['cats', 'dogs']);
    for (const model of spaces.models) {
      expect(model.tsne.points).toHaveLength(count);
      expect(model.umap.points).toHaveLength(count);
      expect(model.walks.map((walk) => [walk.linear.length, walk.spherical.length])).toEqual([
        [4, 4],
        [4, 4],
      ]);
      expect(model.priorSamples).toHaveLength(6);
      expect(model.draws).toHaveLength(2);
    }
    expect(spaces.models.map(({ statistics }) => statistics.floats)).toEqual([32, 5]);
  });

  test('walks begin and end at reconstructions, and the two ways differ between them', () => {
    const [walk] = spaces.models[0]!.walks;
    expect(walk!.linear[0]!.pixels).toEqual(spaces.models[0]!.draws[0]!.mean.pixels);
    expect(walk!.linear[0]!.pixels).toEqual(walk!.spherical[0]!.pixels);
    expect(walk!.linear[3]!.pixels).toEqual(walk!.spherical[3]!.pixels);
    expect(walk!.linear[1]!.pixels).not.toEqual(walk!.spherical[1]!.pixels);
  });
});

test('a conditional model is told the classes, a deterministic one has no divergence', async () => {
  const conditional = randomAutoencoder({ latent: 'vector', latentFloats: 5, classes: ['cats', 'dogs'], ...network });
  const point = randomAutoencoder({ latent: 'vector', latentFloats: 5, posterior: 'deterministic', ...network });
  const models = [
    { name: 'conditional', model: conditional },
    { name: 'point', model: point },
  ];
  const looked = await analyzeLatentSpaces(models, read, { batch: 12, seed: 3, pairs: 1, steps: 2, priorSamples: 3 });
  expect(looked.models.map(({ priorClasses }) => priorClasses)).toEqual([['cats', 'dogs', 'cats'], null]);
  expect(looked.models[0]!.statistics.klNats).toBeGreaterThan(0);
  expect(looked.models[1]!.statistics.klNats).toBeNull();
  const settings = { importanceSamples: [1, 4], sigma: 0.5, seed: 1, batch: 12 };
  const { mean } = await estimateBoundOfImages(conditional, read, settings);
  expect(mean.importance[1]!.mean).toBeGreaterThan(mean.importance[0]!.mean);
  await expect(estimateBoundOfImages(point, read, settings)).rejects.toThrow(/no variance/);
}, 120_000);

describe('draws', () => {
  test('of the prior are standard normal, or those of the classes', () => {
    const standard = priorLatents({ prior: null }, 500, 4, 1);
    const moments = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length] as const;
    };
    expect(Math.abs(moments(standard)[0])).toBeLessThan(0.1);
    expect(Math.abs(moments(standard)[1] - 1)).toBeLessThan(0.1);
    const prior = (classes: tf.Tensor1D) => {
      const shift = tf.tile(tf.reshape(tf.mul(tf.cast(classes, 'float32'), 10), [-1, 1, 1, 1]), [1, 1, 1, 4]);
      return { mean: shift as tf.Tensor4D, logvar: tf.add(tf.zerosLike(shift), Math.log(4)) as tf.Tensor4D };
    };
    const classed = priorLatents({ prior }, 500, 4, 1, new Int32Array(500).fill(1));
    expect(classed[7]).toBeCloseTo(10 + 2 * standard[7]!, 4);
  });

  test('of the likelihood add noise of its sigma to every value', () => {
    const decoded = new Float32Array(20_000).fill(0.25);
    const noise = likelihoodDraw(decoded, 0.5, 9).map((value) => value - 0.25);
    const variance = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
    expect(Math.abs(variance - 0.25)).toBeLessThan(0.01);
  });
});

test('the sections show every image of every model in its class’s colour, and give the figures', async () => {
  const images = read.files.map(({ relativePath }) => relativePath);
  const section = await latentSpaceSection(spaces, ['other', 'grid', 'one <vector>'], images);
  const { document } = parseHTML(`<html><body>${section.html}</body></html>`);
  expect(document.querySelectorAll('section')).toHaveLength(4);
  const charts = [...document.querySelectorAll('.scatters svg')];
  expect(charts).toHaveLength(4);
  for (const chart of charts) {
    const colors = [...chart.querySelectorAll('circle')].map((dot) => dot.getAttribute('fill'));
    expect(colors).toHaveLength(count);
    expect(colors.filter((color) => color === 'var(--class-0)')).toHaveLength(4);
  }
  expect(document.querySelector('.scatters figure:nth-child(2) h3')?.textContent).toBe('one <vector>');
  expect(document.querySelector('.scatters h3')?.getAttribute('style')).toContain('--model-1');
  for (const picture of document.querySelectorAll('img')) expect(picture.getAttribute('alt')).toMatch(/grid|vector/);
  const [header, first] = section.csv!.split('\n');
  expect(header).toBe('model,image,class,tsneX,tsneY,umapX,umapY');
  expect(first).toMatch(/^grid,cats\/0\.png,cats,-?\d/);
  expect(JSON.parse(JSON.stringify(section.data)).models[1].statistics.floats).toBe(5);
});
