import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { latentVae, newFolder } from './latent-vae.js';

const verbs = [
  'train',
  'encode',
  'decode',
  'latents',
  'latents info',
  'latents verify',
  'latents convert',
  'evaluate',
  'compare',
  'info',
  'import',
  'export',
  'doctor',
  'weights',
  'completion',
];

test.each(['', ...verbs])('help of latent-vae %s loads no tensor library', async (verb) => {
  const coverage = await newFolder();
  const args = verb === '' ? ['--help'] : [...verb.split(' '), '--help'];
  const { code, stdout } = await latentVae(args, { env: { NODE_V8_COVERAGE: coverage } });
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: latent-vae${verb && ` ${verb}`}`);
  const reports = await Promise.all((await readdir(coverage)).map((name) => readFile(join(coverage, name), 'utf8')));
  const loaded: string[] = reports.flatMap((report) =>
    JSON.parse(report).result.map(({ url }: { url: string }) => url),
  );
  expect(loaded.some((url) => url.endsWith('latent-vae.js'))).toBe(true);
  expect(loaded.filter((url) => /tfjs|onnxruntime|sharp/.test(url))).toEqual([]);
});

const mistakes: { args: string[]; says: RegExp }[] = [
  { args: ['tran'], says: /unknown command 'tran'[\s\S]*train/ },
  { args: ['train', 'x', '--stps', '3'], says: /unknown option '--stps'[\s\S]*--steps/ },
  { args: ['train', 'x', '--batch', 'many'], says: /--batch: got "many", wanted a number\./ },
  { args: ['train', 'x', '--batch', '-1'], says: /--batch: got -1, wanted more than 0\./ },
  {
    args: ['train', 'x', '--preset', 'kl-f9'],
    says: /kl-f9' is invalid\. Did you mean kl-f4\? Allowed choices are [\s\S]*kl-f8-tiny/,
  },
  { args: ['train', 'x', '--steps', '2', '--minutes', '1'], says: /both --steps and --minutes/ },
  { args: ['train', '/no/such/folder'], says: /\/no\/such\/folder/ },
  {
    args: ['train', '/tmp', '--resume'],
    says: /No run below runs\/ was trained on \/tmp: name the run folder with --out/,
  },
  { args: ['train', '/tmp', '--out', '/tmp/none', '--resume'], says: /none is no run folder \(it does not exist\)/ },
  {
    args: ['train', '/tmp', '--out', '/tmp/none', '--resume', '--batch', '3'],
    says: /keeps its options: drop --batch/,
  },
  {
    args: ['train', '/tmp', '--objective', 'mse', '--adversarial-start', '9'],
    says: /--adversarial-start, but .* add --adversarial-weight/,
  },
  { args: ['train', '/tmp', '--batch', '6', '--accumulate', '4'], says: /batch of 6 in 4 parts/ },
  { args: ['weights', 'lpips-vgg19'], says: /lpips-vgg19, wanted one of lpips-vgg, lpips-alex, lpips-squeeze/ },
  {
    args: ['encode', 'x'],
    says: /^latent-vae: encode wants --out, folder of the latents, or s3:\/\/bucket\/prefix\.$/m,
  },
  { args: ['encode', 'x', '--model', 'm', '--out', 'y', '--tile', '--size', '64'], says: /both --tile.*and --size/ },
  {
    args: ['encode', 'x', '--model', 'm', '--out', 'y', '--tile-overlap', '0.7'],
    says: /--tile-overlap: got 0\.7, wanted at most 0\.5\./,
  },
  { args: ['latents', 'inf'], says: /unknown command 'inf'[\s\S]*info/ },
  { args: ['latents', 'info', '/no/such/folder'], says: /\/no\/such\/folder/ },
  { args: ['latents', 'convert', 'x', '--out', 'y', '--format', 'zip'], says: /zip[\s\S]*webdataset/ },
  { args: ['evaluate', 'docs', '--model', '/no/run'], says: /Cannot open \/no\/run: it does not exist/ },
  { args: ['encode', 'docs', '--model', '/no/run', '--out', 'y'], says: /Cannot open \/no\/run: it does not exist/ },
  { args: ['latents', 'info', '/no/store'], says: /\/no\/store is no folder of latents \(it does not exist\)/ },
  {
    args: ['compare', 'x', '--models', 'a', 'b', '--out', 'y'],
    says: /--models is separated by commas, without spaces/,
  },
  { args: ['train', 'a.jpg', 'b.jpg'], says: /A glob must stand in quotes/ },
  {
    args: ['export', '--out', 'y'],
    says: /^latent-vae: export wants --format, of the files: diffusers, onnx, tokenizer\.$/m,
  },
  { args: ['train', 'x', '--channels', '8,null'], says: /--channels: got "null", wanted a number\./ },
  { args: ['train', 'x', '--channels', '8,,8'], says: /--channels: got "", wanted a number\./ },
  { args: ['train', 'x', '--channels', '8,0'], says: /--channels: got 0, wanted more than 0\./ },
];

test('what the system refuses is one clear sentence, too', async () => {
  const folder = await newFolder();
  await writeSyntheticImages(join(folder, 'images'), { images: 4, size: 16, seed: 1 });
  const out = join(folder, 'images', 'no-folder.txt', 'run');
  await writeFile(dirname(out), '');
  const { code, stderr } = await latentVae([
    'train',
    join(folder, 'images'),
    '--preset',
    'kl-f4-tiny',
    '--size',
    '16',
    '--steps',
    '1',
    '--out',
    out,
  ]);
  expect(stderr).toMatch(
    /^latent-vae: Cannot make the folder .*no-folder\.txt\/run: a file of that name is in its way/m,
  );
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(2);
});

test.each(mistakes)('$args is refused with one clear sentence', async ({ args, says }) => {
  const { code, stdout, stderr } = await latentVae(args);
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});
