/** `latent-vae encode` */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { encodeOptionsSchema } from '../src/config.js';
import { defineCommand } from './cli/command.js';
import { formatBytes, formatSeconds, note, noteSkipped, print } from './cli/output.js';
import { startProgress } from './cli/progress.js';

export const command = defineCommand({
  name: 'encode',
  description:
    'Compress the images of a folder to latents: shards of posterior means and log-variances, and a manifest. Run again, it ' +
    'goes on where it was stopped and adds new images.',
  arguments: { '<dir>': 'folder of images; its folders are the classes' },
  options: z.strictObject({
    model: z.string().describe('run folder, or another model that info knows'),
    out: z.string().describe('folder of the latents'),
    ...encodeOptionsSchema.shape,
  }),
  examples: ['latent-vae encode photos/ --model runs/a --out latents/'],
  async run([directory = ''], { model: path, out, ...options }, { json, signal }) {
    const { findImages } = await import('../src/data/images.js');
    const { selectEngine } = await import('../src/engine/select.js');
    const { latentEncoder } = await import('../src/latents/codec.js');
    const { encodeFolder } = await import('../src/latents/encode.js');
    const { openModel } = await import('../src/training/trained-model.js');

    const files = await findImages(directory, options);
    await selectEngine(options);
    const { model, sha256 } = await openModel(path);
    const progress = startProgress('encoding');
    const summary = await encodeFolder({
      ...options,
      files,
      out,
      size: options.size ?? model.config.imageSize,
      encoder: latentEncoder(model, { name: basename(resolve(path)), sha256 }),
      signal,
      onProgress({ done, total, imagesPerSecond, secondsLeft }) {
        progress.update(done / total, secondsLeft, {
          images: `${done}/${total}`,
          'images/s': imagesPerSecond.toFixed(1),
        });
      },
    }).finally(progress.stop);
    noteSkipped(summary.skipped);
    if (!summary.complete) note('Interrupted; what was encoded is kept. Run the same command to go on.');
    if (!json) {
      const { images, encoded, shards, sizeBytes, seconds, imagesPerSecond } = summary;
      print(`${out}: ${images} images in ${shards} ${shards === 1 ? 'shard' : 'shards'}, ${formatBytes(sizeBytes)}`);
      print(`${encoded} encoded in ${formatSeconds(seconds)}, ${imagesPerSecond.toFixed(1)} images/s`);
    }
    return summary;
  },
});
