import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { latentVae, latentVaeJson, newFolder, readLines } from './latent-vae.js';

const steps = 8;
const options = ['--size', '32', '--batch', '4', '--seed', '3', '--threads', '1', '--validation', '**/00001.png'];
const intervals = ['--checkpoint-steps', '3', '--sample-steps', '4', '--validation-images', '4'];

const latents: Record<string, { channels: string; shape: number[]; onnx: boolean; diffusers?: string }> = {
  'fast-ae': { channels: '16,32', shape: [512, 1, 1], onnx: true },
  'fast-cvae': { channels: '16,32', shape: [512, 1, 1], onnx: false },
  'fast-vq-f4': { channels: '16', shape: [8, 8, 8], onnx: true },
  'vq-f4-tiny': { channels: '16,32,32', shape: [8, 8, 8], onnx: true, diffusers: 'VQModel' },
};

let folder: string;
let images: string;

beforeAll(async () => {
  folder = await newFolder();
  images = join(folder, 'images');
  await writeSyntheticImages(images, { images: 32, size: 32, seed: 1 });
});

/** Narrower than the presets: what is held here does not depend on it, and the suite is quicker. */
const narrow = (preset: string) => ['--channels', latents[preset]!.channels, '--norm-groups', '8'];

const train = (preset: string, out: string, ...more: string[]) => {
  return [
    'train',
    images,
    '--preset',
    preset,
    ...narrow(preset),
    ...options,
    ...intervals,
    '--steps',
    `${steps}`,
    '--out',
    out,
    ...more,
  ];
};

async function bytesOf(run: string): Promise<Record<string, string>> {
  await using file = await openSafetensors(join(run, 'checkpoint.safetensors'));
  const entries = [...file.entries.keys()].map(async (name) => [
    name,
    Buffer.from(await file.readBytes(name)).toString('base64'),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(Object.entries(latents))('%s', (preset, { shape, onnx, diffusers }) => {
  const at = (name: string) => join(folder, `${preset}-${name}`);

  test('trains, stops at a kill and goes on bit for bit', async () => {
    const summary = await latentVaeJson(train(preset, at('whole')));
    expect(summary).toMatchObject({ steps, interrupted: false });
    const killAfter = async (kill: (signal: NodeJS.Signals) => void) => {
      while ((await readLines(join(at('killed'), 'metrics.jsonl'))).length < 6) await setTimeout(5);
      kill('SIGKILL');
    };
    await expect(latentVaeJson(train(preset, at('killed')), { onStart: killAfter })).rejects.toThrow();
    await latentVaeJson(['train', images, '--out', at('killed'), '--resume']);
    const [whole, killed] = await Promise.all(['whole', 'killed'].map((name) => bytesOf(at(name))));
    expect(killed).toEqual(whole);
    expect(await readLines(join(at('killed'), 'metrics.jsonl'))).toEqual(
      await readLines(join(at('whole'), 'metrics.jsonl')),
    );
    expect(Object.keys(whole ?? {}).includes('codebook/counts')).toBe(preset.includes('vq'));
  });

  test('is told, measured, encoded and decoded as other models are', async () => {
    const model = at('whole');
    const told = await latentVae(['info', model]);
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('problems  ') });
    expect(told.stdout).toMatch(/problems +none/);
    const evaluated = await latentVaeJson(['evaluate', images, '--model', model, '--include', '**/00001.png']);
    expect(evaluated.psnrDb).toBeGreaterThan(5);
    const encoded = await latentVaeJson(['encode', images, '--model', model, '--out', at('latents')]);
    expect(encoded).toMatchObject({ images: 32, skipped: [] });
    const manifest = await latentVaeJson(['latents', 'info', at('latents')]);
    expect(JSON.stringify(manifest)).toContain(JSON.stringify(shape));
    const decoded = await latentVaeJson(['decode', at('latents'), '--model', model, '--out', at('restored')]);
    expect(decoded).toMatchObject({ written: 32, complete: true });
  });

  test('goes to onnx where images alone tell all, and to diffusers where that has a class for it', async () => {
    const exported = await latentVae(['export', '--model', at('whole'), '--out', at('onnx'), '--format', 'onnx']);
    if (onnx) expect(exported.code).toBe(0);
    else expect(exported).toMatchObject({ code: 2, stderr: expect.stringMatching(/told their classes/) });
    const theirs = await latentVae(['export', '--model', at('whole'), '--out', at('theirs'), '--format', 'diffusers']);
    if (diffusers) {
      const config = JSON.parse(await readFile(join(at('theirs'), 'config.json'), 'utf8'));
      expect([theirs.code, config._class_name]).toEqual([0, diffusers]);
    } else {
      expect(theirs).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/diffusers has no class .*(latent|stem)/),
      });
    }
  });
});

describe('labels of a conditional model', () => {
  const model = () => join(folder, 'fast-cvae-whole');

  test('are the folders of its images: a folder without any is refused in one sentence', async () => {
    const flat = join(images, (await readdir(images)).sort()[0] as string);
    const args = [
      'train',
      flat,
      '--preset',
      'fast-cvae',
      '--size',
      '32',
      '--steps',
      '1',
      '--out',
      join(folder, 'flat'),
    ];
    const { code, stderr } = await latentVae(args);
    expect(code).toBe(2);
    expect(stderr.trim()).toMatch(
      /^.*fast-cvae goes by the class of every image.*lie in no folder of a class, such as .*$/,
    );
  });

  test('that it was not trained on, or that are missing, are refused in one sentence', async () => {
    const classes = (await readdir(images)).sort();
    const flat = join(images, classes[0] as string);
    for (const verb of [
      ['evaluate', flat, '--model', model()],
      ['encode', flat, '--model', model(), '--out', join(folder, 'flat-latents')],
      ['compare', flat, '--models', model(), '--out', join(folder, 'flat-report')],
    ]) {
      const { code, stderr } = await latentVae(verb);
      expect(code).toBe(2);
      expect(stderr).toMatch(/lies in no folder of a class, and this model is told the class of every image/);
    }
    const other = join(folder, 'renamed');
    await writeSyntheticImages(other, { images: 8, size: 32, seed: 2 });
    await rename(join(other, classes[0] as string), join(other, 'unheard-of'));
    const { code, stderr } = await latentVae(['evaluate', other, '--model', model()]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is of the class unheard-of/);
  });
});
