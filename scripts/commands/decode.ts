/** `latent-vae decode` */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { decodeOptionsSchema } from '../../src/config/config.js';
import { counted, formatSeconds } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { modelOption } from '../cli/model-option.js';
import { note, print } from '../cli/output.js';
import { startProgress } from '../cli/progress.js';

export const command = defineCommand({
  name: 'decode',
  description:
    'Turn latents back into pictures, in the folder tree of the originals. Run again, it goes on where it was stopped.',
  arguments: { '<latents>': 'folder of latents that encode made, or s3://bucket/prefix' },
  options: z.strictObject({
    model: modelOption,
    out: z.string().describe('folder of the pictures'),
    ...decodeOptionsSchema.shape,
  }),
  inObjectStores: ['<latents>'],
  examples: ['latent-vae decode latents/ --out pictures/', 'latent-vae decode latents/ --model runs/a --out pictures/'],
  async run([latents = ''], { model: path, out, ...options }, { json, signal }) {
    const { selectEngine } = await import('../../src/engine/select.js');
    const { latentDecoder } = await import('../../src/latents/codec.js');
    const { decodeLatents } = await import('../../src/latents/reading/decode.js');
    const { openLatents } = await import('../../src/latents/reading/store.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');

    const store = await openLatents(latents);
    await selectEngine(options);
    const { model, sha256 } = await openModel(path);
    const decoder = latentDecoder(model, { name: basename(resolve(path)), sha256 }, options);
    const progress = startProgress('decoding');
    const started = performance.now();
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      const secondsLeft = ((performance.now() - started) / 1000 / done) * (total - done);
      progress.update(done / total, secondsLeft, { images: `${done}/${total}` });
    };
    try {
      const summary = await decodeLatents({ ...options, store, decoder, out, signal, onProgress });
      progress.stop();
      const { images, written, seconds, imagesPerSecond } = summary;
      if (!summary.complete) note('Interrupted; what was written is kept. Run the same command to go on.');
      if (!json)
        print(
          written === 0 && summary.complete
            ? `${out}: nothing to do, ${counted(images, 'picture')} of ${images} there already.`
            : `${out}: ${written} of ${counted(images, 'picture')} written in ${formatSeconds(seconds)}, ${imagesPerSecond.toFixed(1)} images/s`,
        );
      return { ...summary, out };
    } finally {
      progress.stop();
      await store.close();
    }
  },
});
