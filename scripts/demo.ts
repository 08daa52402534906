/**
 * `npm run demo [-- DIR]`: the main job from beginning to end, in the commands a person would type. Compresses the images of DIR,
 * or synthetic ones, with the tokenizer that comes along and restores them, trains a tokenizer and the baseline on the same trunk,
 * shows which model is blurrier, and trains a diffusion model on the latents, whose pictures stand beside the baseline's.
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

/** Small and by the clock as well. The time is far too short for a fine network: guidance makes up for some of it. */
const diffusion = {
  training: [
    '--preset',
    'dit-nano',
    '--batch',
    32,
    '--learning-rate',
    0.003,
    '--warmup-steps',
    30,
    '--ema-decay',
    0.995,
  ],
  minutes: 0.45,
  guidance: 4,
  sampling: ['--sampler-steps', 12, '--batch', 64, '--no-classifier'],
  pictures: 96,
  /** Of fewer pictures nothing is kept back that is worth a comparison. */
  leastImages: 64,
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
  const isEnough = JSON.parse(encoded).images >= diffusion.leastImages;
  const generated = isEnough ? await generate(folder, images, latents) : undefined;
  await reportCompression(JSON.parse(encoded), latents);
  print(`Open ${join(folder, 'report', 'index.html')} to see which model is blurrier, and why.`);
  print(
    generated === undefined
      ? `Pictures are generated from ${diffusion.leastImages} images on.`
      : `Open ${generated} to see what half a minute of diffusion draws, beside the prior of the vanilla VAE.`,
  );
}

/** @returns the page of what was drawn */
async function generate(folder: string, images: string, latents: string): Promise<string> {
  const [run, out] = [join(folder, 'diffusion'), join(folder, 'generated')];
  const { training, minutes, guidance, sampling, pictures } = diffusion;
  // One look and one checkpoint, at the end.
  const once = ['--checkpoint-steps', 100_000, '--sample-steps', 100_000];
  await typeCommand('train-diffusion', latents, ...training, ...once, '--minutes', minutes, '--out', run);
  const isGuided = (await readManifest(latents)).classes.length > 1;
  await typeCommand(
    ...['evaluate', images, '--diffusion', run, '--baselines', join(folder, 'fast-vector'), '--count', pictures],
    ...[...(isGuided ? ['--guidance', guidance] : []), ...sampling, '--out', out],
  );
  return join(out, 'index.html');
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
