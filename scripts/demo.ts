/**
 * `npm run demo [-- DIR]`: the main job from beginning to end, in the commands a person would type. Compresses the images of DIR,
 * or synthetic ones, with the tokenizer that comes along and restores them, trains a tokenizer and the baseline on the same trunk,
 * and shows which model is blurrier.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writeSyntheticImages } from '../src/data/synthetic/write.js';
import { defaultTokenizer } from '../src/interop/models/shipped-tokenizers.js';
import { readManifest } from '../src/latents/format/manifest.js';
import { formatBytes } from '../src/quantities.js';
import { nextRunPath } from '../src/training/run/run-folder.js';
import { note, print } from './cli/output.js';
import { typeCommand } from './cli/typed-command.js';

const size = 64;
const syntheticImages = 800;

/** What is trained: together with the rest the demo stays under three minutes on two cores. Small batches: more steps a minute. */
const trainings = {
  'fast-f4': ['--batch', 4, '--learning-rate', 0.002, '--minutes', 0.65],
  'fast-vector': ['--batch', 8, '--minutes', 0.5],
};

async function demo(givenFolder: string | undefined): Promise<void> {
  const folder = nextRunPath('demo', 'demo-output');
  await mkdir(folder, { recursive: true });
  const images = givenFolder ?? (await makeImages(join(folder, 'images')));
  const latents = join(folder, 'latents');
  const encoded = await typeCommand('encode', images, '--out', latents, '--size', size, '--dtype', 'float16', '--json');
  await typeCommand('decode', latents, '--out', join(folder, 'restored'));
  const runs = Object.entries(trainings).map(([preset, options]) => ({ preset, options, path: join(folder, preset) }));
  for (const { preset, options, path } of runs) {
    await typeCommand('train', images, '--preset', preset, '--size', size, ...options, '--out', path);
  }
  const models = [defaultTokenizer, ...runs.map(({ path }) => path)].join(',');
  await typeCommand('compare', images, '--models', models, '--size', size, '--out', join(folder, 'report'));
  await reportCompression(JSON.parse(encoded), latents);
  print(`Open ${join(folder, 'report', 'index.html')} to see which model is blurrier, and why.`);
}

async function makeImages(folder: string): Promise<string> {
  note(`Making ${syntheticImages} pictures in ${folder}`);
  await writeSyntheticImages(folder, { images: syntheticImages, size, seed: 0 });
  return folder;
}

async function reportCompression(encoded: { images: number; sizeBytes: number }, latents: string): Promise<void> {
  const { latent } = await readManifest(latents);
  const latentValues = latent.shape.reduce<number>((product, length) => product * (length ?? 1), 1);
  const imageValues = size * size * 3;
  print(
    `${encoded.images} images: ${imageValues / latentValues} image values per latent value; ` +
      `${formatBytes(encoded.images * imageValues)} of pixels became ${formatBytes(encoded.sizeBytes)} of latents ` +
      '(mean and log-variance, float16).',
  );
}

await demo(process.argv[2] && relative(process.cwd(), process.argv[2]));
