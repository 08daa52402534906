/** What a reader types, typed: the first pages from top to bottom, and every program of a document, on made pictures and few steps. */
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { syntheticImage } from '../../src/data/synthetic/picture.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { exportTokenizer } from '../../src/interop/models/export-model.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { makeFolder } from '../data/folders.js';
import { useDefaultEngine } from '../golden.js';
import { blocks, type PlacedBlock, root } from './documents.js';
import { latentVaeArguments, shellCommands } from './shell.js';

const run = promisify(execFile);
const folder = makeFolder();
const bin = join(root, 'dist/scripts/latent-vae.js');

beforeAll(async () => {
  await useDefaultEngine();
  const template = join(folder, 'template');
  await writeSyntheticImages(join(template, 'photos'), { images: 24, size: 64, seed: 5 });
  const pixels = syntheticImage('textures', 1, 80);
  const picture = sharp(pixels, { raw: { width: 80, height: 80, channels: 3 } }).jpeg();
  for (const name of ['photos/cat.jpg', 'photo.jpg']) await picture.clone().toFile(join(template, name));
  const network = { latent: 'spatial', imageSize: 32, latentChannels: 4, normNumGroups: 4, blockOutChannels: [8, 8] };
  await exportTokenizer(randomAutoencoder(network), join(template, 'runs/a'), { name: 'a' }, 'float32');
});

/** A folder to type in, with photographs, a photograph, and a model. */
async function newPlace(name: string): Promise<string> {
  const place = join(folder, name);
  await cp(join(folder, 'template'), place, { recursive: true });
  return place;
}

/** A training of a test need not get anywhere. */
const hasty = (text: string) =>
  text
    .replace(/--(minutes|steps) [\d.]+/g, '--steps 2 --sample-steps 2')
    .replace(/\bsteps: \d+/g, 'steps: 2')
    .replace(/\bsize: 128\b/g, 'size: 64');

async function runProgram({ place, code }: PlacedBlock, cwd: string): Promise<string> {
  const { code: script } = await transform(hasty(code), { loader: 'ts', target: 'node20', format: 'esm' });
  const path = join(root, 'dist/examples/documents', `${place.replace(/[/.:]/g, '-')}.js`);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, script);
  return (await run(process.execPath, [path], { cwd })).stdout;
}

/** What is not there on every machine, or waits for somebody. */
const isElsewhere = (line: string) => /s3:|images\.txt|latents merge|dit-features|^explore/.test(line);

/** Tests share two cores; commands that compute nothing have no such option. */
const fewThreads = ([verb = '']: readonly string[]) =>
  ['train', 'encode', 'decode', 'evaluate', 'compare'].includes(verb) ? ['--threads', '1'] : [];

describe.each(['docs/start-here.md', 'docs/guides/compress-a-data-set.md'])('%s', (document) => {
  it('works as it is typed, from top to bottom', async () => {
    const cwd = await newPlace(document.replaceAll('/', '-'));
    if (document.includes('start-here')) await run('rm', ['-r', 'runs'], { cwd });
    for (const block of blocks.filter(({ place }) => place.startsWith(`${document}:`))) {
      if (block.language === 'ts') await runProgram(block, cwd);
      if (block.language !== 'sh') continue;
      for (const args of shellCommands(hasty(block.code)).map(latentVaeArguments)) {
        if (args === undefined || isElsewhere(args.join(' '))) continue;
        await run(process.execPath, [bin, ...args, ...fewThreads(args)], { cwd });
      }
    }
  });
});

/** These are run elsewhere: those of docs/architecture.md and of examples; or need the network. */
const isRunElsewhere = ({ place, code }: PlacedBlock) =>
  place.startsWith('docs/architecture.md') || code.startsWith('/** ') || code.includes('fetch(');

describe('programs of other pages', () => {
  const programs = blocks.filter(({ language }) => language === 'ts').filter((block) => !isRunElsewhere(block));
  it.each(programs.filter(({ place }) => !/start-here|compress/.test(place)))('$place runs', async (block) => {
    const cwd = await newPlace(block.place.replace(/[/.:]/g, '-'));
    if (block.code.includes("openLatents('latents/')"))
      await run(process.execPath, [bin, 'encode', 'photos/', '--model', 'runs/a', '--out', 'latents/'], { cwd });
    await expect(runProgram(block, cwd)).resolves.toBeDefined();
  });
});
