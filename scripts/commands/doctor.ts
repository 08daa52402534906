/** `latent-vae doctor` */
import type { z } from 'zod';
import { type EngineOptions, imageFilterSchema } from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { defineCommand, type Invocation } from '../cli/command.js';
import { print } from '../cli/output.js';
import { folderCheckLines } from '../cli/pictures/folder-check.js';
import { imagesMeaning } from '../cli/pictures/images.js';
import { startProgress } from '../cli/progress.js';

const engines: readonly EngineOptions[] = [
  { engine: 'onnxruntime', device: 'cpu', threads: 0 },
  { engine: 'onnxruntime', device: 'webgpu', threads: 0 },
  { engine: 'onnxruntime', device: 'cuda', threads: 0 },
  { engine: 'tensorflow', device: 'cpu', threads: 0 },
  { engine: 'tensorflow-gpu', device: 'cpu', threads: 0 },
  { engine: 'cpu', device: 'cpu', threads: 0 },
];

export const command = defineCommand({
  name: 'doctor',
  description:
    'Tell what this machine can run and, given images, what can be read and what cannot and why, what lies beside them, and ' +
    'what to look at: files of the same bytes, pictures that are nearly black or of one colour.',
  arguments: { '[images]': imagesMeaning },
  options: imageFilterSchema,
  examples: ['latent-vae doctor', 'latent-vae doctor photos/'],
  async run([directory], options, { json, signal }) {
    const machine = { node: process.version, platform: `${process.platform}-${process.arch}` };
    const available = [];
    for (const engine of engines) available.push(await tryEngine(engine));
    if (!json) {
      print(`Node ${machine.node} on ${machine.platform}`);
      for (const { engine, device, works, reason } of available) {
        const name = engine === 'onnxruntime' ? `--engine ${engine} --device ${device}` : `--engine ${engine}`;
        print(`${works ? 'works  ' : 'missing'}  ${name}${works ? '' : `: ${reason}`}`);
      }
    }
    return {
      ...machine,
      engines: available,
      ...(directory && { folder: await examine(directory, options, { json, signal }) }),
    };
  },
});

/** Runs one small product, because an engine that loads need not compute. */
async function tryEngine(options: EngineOptions) {
  const { selectEngine } = await import('../../src/engine/select.js');
  const tf = await import('@tensorflow/tfjs-core');
  const { engine, device } = options;
  try {
    const selected = await selectEngine(options);
    const product = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])));
    const [value] = await product.data();
    product.dispose();
    selected.dispose();
    if (value !== 3) throw new UserError(`It computed 1·1 + 1·1 + 1·1 = ${value}.`);
    return { engine, device, works: true };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { engine, device, works: false, reason: error.message };
  }
}

async function examine(
  directory: string,
  options: z.output<typeof imageFilterSchema>,
  { json, signal }: Pick<Invocation, 'json' | 'signal'>,
) {
  const { checkFolder } = await import('../../src/data/check.js');
  const progress = startProgress('reading');
  const started = performance.now();
  const onProgress = (done: number, files: number) => {
    const secondsLeft = ((performance.now() - started) / 1000 / done) * (files - done);
    progress.update(done / files, secondsLeft, { images: `${done}/${files}` });
  };
  const folder = await checkFolder(directory, { ...options, signal, onProgress }).finally(progress.stop);
  if (!json) for (const line of folderCheckLines(directory, folder)) print(line);
  if (folder.images === 0) process.exitCode = 1;
  return folder;
}
