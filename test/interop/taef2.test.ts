import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import fastGlob from 'fast-glob';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createTinyAutoencoder } from '../../src/autoencoder/tiny-autoencoder.js';
import { psnrDb } from '../../src/evaluation/measures/psnr.js';
import { readTinyAutoencoder } from '../../src/interop/models/formats/taesd.js';
import { loadWeights } from '../../src/interop/models/weight-initializer.js';
import { useDefaultEngine } from '../golden.js';

/** Published weights (MIT, github.com/madebyollin/taesd) and photographs, neither of which may stand here. */
const weightsPath = '../shared/weights/taef2_encoder.pth';
const photosPath = '../shared/images/photos';
const isHere = existsSync(weightsPath) && existsSync(photosPath);
if (!isHere) process.stdout.write(`Skipped what needs ${weightsPath} and ${photosPath}, which are not here.\n`);

const side = 256;

async function validationPhotos(count: number): Promise<Uint8Array[]> {
  const paths = (await fastGlob('*/*/0*.jpg', { cwd: photosPath, absolute: true })).sort();
  const stride = Math.floor(paths.length / count);
  const chosen = Array.from({ length: count }, (_, index) => paths[index * stride] as string);
  return Promise.all(
    chosen.map((path) => sharp(path).resize(side, side).removeAlpha().toColourspace('srgb').raw().toBuffer()),
  );
}

describe.skipIf(!isHere)('TAEF2', () => {
  it('restores photographs at 28 dB and more', async () => {
    await useDefaultEngine();
    const { config, weights } = await readTinyAutoencoder(weightsPath);
    await using open = weights;
    expect(config).toMatchObject({
      channels: 64,
      latentChannels: 32,
      encoderBlocks: [1, 3, 3, 3],
      decoderBlocks: [3, 3, 3, 1],
      midBlockNorm: true,
    });
    const loaded = await loadWeights(weightsPath, open);
    const model = createTinyAutoencoder(config, { weights: loaded.initializer });
    loaded.assertAllUsed();

    const photos = await validationPhotos(12);
    const qualities = photos.map((pixels) => {
      const restored = tf.tidy(() => {
        const images = tf.sub(tf.div(tf.tensor4d(pixels, [1, side, side, 3]), 127.5), 1) as tf.Tensor4D;
        const { mean } = model.encode(images);
        expect(mean.shape).toEqual([1, side / 8, side / 8, 32]);
        const outputs = model.decode(mean); // [1, 256, 256, 3]
        return tf.round(tf.clipByValue(tf.mul(tf.add(outputs, 1), 127.5), 0, 255)).dataSync();
      });
      const original = { pixels, width: side, height: side };
      return psnrDb(original, { ...original, pixels: Uint8Array.from(restored) });
    });
    const meanDb = qualities.reduce((sum, quality) => sum + quality, 0) / qualities.length;
    expect(meanDb).toBeGreaterThan(28);
  });
});
