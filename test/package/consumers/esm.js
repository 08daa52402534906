// An ECMAScript module: trains for two steps, keeps a picture as a latent, and reads it from a store.
import { strictEqual } from 'node:assert';
import { rm } from 'node:fs/promises';
import { createRepeat, selectEngine } from 'latent-vae/engine';
import { psnrDb } from 'latent-vae/evaluation';
import { openLatents } from 'latent-vae/latents';
import { writeReport } from 'latent-vae/report';
import { encodeImages, openTokenizer } from 'latent-vae/tokenizer';
import { trainAutoencoder } from 'latent-vae/train';

for (const each of [createRepeat, selectEngine, psnrDb, writeReport]) strictEqual(typeof each, 'function');
const side = 16;
const pictures = Array.from({ length: 4 }, (_, index) => ({
  picture: { pixels: new Uint8Array(3 * side * side).fill(60 * index), width: side, height: side, channels: 3 },
  label: 'grey',
  name: `grey/${index}`,
}));
await Promise.all(['run', 'latents'].map((name) => rm(name, { recursive: true, force: true })));
const model = {
  latent: 'spatial',
  imageSize: side,
  latentChannels: 2,
  normNumGroups: 4,
  blockOutChannels: [4, 8],
  layersPerBlock: 1,
};
const options = { batch: 2, steps: 2, objective: 'mse', threads: 1, validation: '**/0' };
const { run, steps } = await trainAutoencoder({ images: pictures, model, out: 'run', ...options });
strictEqual(steps, 2);
await encodeImages(pictures, { model: run, out: 'latents', threads: 1 });
const store = await openLatents('latents');
strictEqual(store.manifest.images, 4);
const tokenizer = await openTokenizer(run, { threads: 1 });
const latent = await tokenizer.encode(pictures[0].picture);
strictEqual(latent.shape.join('x'), '8x8x2');
strictEqual((await tokenizer.decode(latent)).subarray(1, 4).toString(), 'PNG');
await Promise.all([store.close(), tokenizer.close()]);
process.stdout.write('esm works\n');
