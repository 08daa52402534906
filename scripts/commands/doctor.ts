/** `latent-vae doctor` */
import type { z } from 'zod';
import { type EngineOptions, imageFilterSchema } from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { defineCommand } from '../cli/command.js';
import { noteSkipped, print } from '../cli/output.js';
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
  description: 'Tell what this machine can run and, given a folder, which of its images cannot be read and why.',
  arguments: { '[dir]': 'folder of images' },
  options: imageFilterSchema,
  examples: ['latent-vae doctor', 'latent-vae doctor photos/'],
  async run([directory], options, { json }) {
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
    return { ...machine, engines: available, ...(directory && { folder: await examine(directory, options, json) }) };
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

async function examine(directory: string, options: z.output<typeof imageFilterSchema>, json: boolean) {
  const { checkFolder } = await import('../../src/data/check.js');
  const progress = startProgress('reading');
  const started = performance.now();
  const onProgress = (done: number, files: number) => {
    const secondsLeft = ((performance.now() - started) / 1000 / done) * (files - done);
    progress.update(done / files, secondsLeft, { images: `${done}/${files}` });
  };
  const folder = await checkFolder(directory, { ...options, onProgress });
  progress.stop();
  if (!json) {
    print(`${directory}: ${JSON.stringify(folder, null, 2)}`);
    noteSkipped(folder.skipped);
  }
  return folder;
}
