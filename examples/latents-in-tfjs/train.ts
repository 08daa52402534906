/** A linear classifier of latents, in plain tfjs on the engine of latent-vae: `npx tsx train.ts latents/ 5`. */
import * as tf from '@tensorflow/tfjs-core';
import 'latent-vae/engine';
import { openLatents } from 'latent-vae/latents';

await tf.setBackend('onnxruntime');
const [path = 'latents', epochs = '5'] = process.argv.slice(2);
const store = await openLatents(path);
const [height, width, channels] = store.shape;
const floats = height * width * channels;
const classes = store.manifest.classes.length;
const weights = tf.variable(tf.zeros<tf.Rank.R2>([floats, classes]));
const options = { batch: 32, seed: 0, shuffle: true, scaled: true, sample: 'posterior' } as const;
const optimizer = tf.train.adam(1e-2);

for (let epoch = 0; epoch < Number(epochs); epoch++) {
  let [sum, batches] = [0, 0];
  // Another order and other draws from the posteriors in every epoch.
  for await (const { latents, labels } of store.batches({ ...options, epoch })) {
    const loss = optimizer.minimize(() => {
      const logits = tf.matMul(tf.tensor2d(latents, [labels.length, floats]), weights);
      return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), logits) as tf.Scalar;
    }, true);
    sum += (await loss?.data())?.[0] ?? 0;
    batches++;
    loss?.dispose();
  }
  process.stdout.write(`epoch ${epoch}: cross-entropy ${(sum / batches).toFixed(3)}\n`);
}
await store.close();
