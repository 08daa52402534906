/** Whatever stops a command, its exit code tells: 130, 143 and 129 of signals, 2 of a mistake, 1 of what the system refuses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { latentVae, latentVaeJson, newFolder } from './latent-vae.js';

let folder: string;
const at = (name: string) => join(folder, name);
const network = ['--preset', 'kl-f4-tiny', '--channels', '16,16', '--norm-groups', '4', '--size', '16'];
const train = (...more: string[]) => [
  ...['train', at('images'), ...network, '--batch', '2', '--validation-images', '2', '--threads', '1'],
  ...more,
];

const denoise = (steps: string) => [
  ...['train-diffusion', at('latents'), '--preset', 'dit-tiny', '--batch', '4', '--threads', '1', '--steps', steps],
];

beforeAll(async () => {
  folder = await newFolder();
  await writeSyntheticImages(at('images'), { images: 16, size: 16, seed: 1 });
  await latentVaeJson(train('--steps', '1', '--out', at('model')));
  await latentVaeJson(['encode', at('images'), '--model', at('model'), '--out', at('latents')]);
  await latentVaeJson([...denoise('1'), '--out', at('diffusion')]);
});

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const commands: Record<string, () => string[]> = {
  train: () => train('--steps', '100000'),
  encode: () => ['encode', at('images'), '--model', at('model')],
  decode: () => ['decode', at('latents'), '--model', at('model')],
  convert: () => ['latents', 'convert', at('latents')],
  export: () => ['export', '--model', at('model'), '--format', 'onnx'],
  import: () => ['import', at('model')],
  evaluate: () => ['evaluate', at('images'), '--model', at('model')],
  'train-diffusion': () => denoise('100000'),
  sample: () => [
    'sample',
    '--diffusion',
    at('diffusion'),
    '--model',
    at('model'),
    '--sampler-steps',
    '2',
    '--batch',
    '2',
  ],
  compare: () => ['compare', at('images'), '--models', at('model'), '--no-features'],
};
const cases = Object.keys(commands).flatMap((name) => Object.keys(signals).map((signal) => [name, signal] as const));

/** Node itself handles the other two from its start: this one only the command does. */
const handlesHangups = (pid: number) =>
  Number.parseInt(/SigCgt:\s*(\S+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.slice(-1) ?? '0', 16) %
    2 ===
  1;

test.runIf(process.platform === 'linux').each(cases)('%s, interrupted by %s', async (name, signal) => {
  const args = [...(commands[name]?.() ?? []), '--out', at(`${name}-${signal}`)];
  const { code } = await latentVae(args, {
    async onStart(kill, pid) {
      while (!handlesHangups(pid)) await setTimeout(2);
      kill(signal as NodeJS.Signals);
    },
  });
  expect(code).toBe(signals[signal as keyof typeof signals]);
});
