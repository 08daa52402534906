/** Trains a tokenizer on pictures that a program makes, with a loss term of its own: `npx tsx train.ts runs/own 500`. */
import * as tf from '@tensorflow/tfjs-core';
import { type LabelledPicture, type LossTerm, trainAutoencoder } from 'latent-vae/train';
import sharp from 'sharp';

/** Discs in the place of what a database, a bucket or a camera would give. */
async function* pictures(): AsyncGenerator<LabelledPicture> {
  for (let number = 0; number < 240; number++) {
    const [x, radius] = [16 + (number % 32), 6 + (number % 11)];
    const disc = `<circle cx="${x}" cy="32" r="${radius}" fill="hsl(${number * 37}, 70%, 50%)"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${disc}</svg>`;
    yield { picture: sharp(Buffer.from(svg)), label: 'disc', name: `disc/${number}` };
  }
}

/** Mean difference of the slopes in x: edges must be as steep as they were. */
const edges: LossTerm = ({ images, reconstructions }) => {
  const columns = (image: tf.Tensor4D, first: number) => tf.slice(image, [0, 0, first, 0], [-1, -1, 63, -1]);
  const slopes = (image: tf.Tensor4D) => tf.sub(columns(image, 1), columns(image, 0));
  return tf.mean(tf.abs(tf.sub(slopes(images), slopes(reconstructions))));
};

const [out = 'runs/own', steps = '500'] = process.argv.slice(2);
const options = { model: 'fast-f4', steps: Number(steps), out } as const;
const terms = { edges: { weight: 0.1, loss: edges } };
const { validation } = await trainAutoencoder({ images: pictures(), terms, ...options });
process.stdout.write(`${validation?.psnrDb.toFixed(1)} dB on pictures that no step saw\n`);
