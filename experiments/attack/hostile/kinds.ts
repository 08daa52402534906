/** The kinds of files that come from others, each with what reads them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { RandomStream } from '../../../src/random.js';
import { made } from '../command.js';
import type { Fixtures } from '../fixtures.js';
import { tarOf, zipOf } from './archives.js';
import { damaged } from './damage.js';
import { forgedJson, forgedPickle, forgedSafetensors, soundPickle } from './forgeries.js';

type Change = (bytes: Buffer, stream: RandomStream, index: number) => Buffer | Promise<Buffer>;

export interface HostileKind {
  readonly name: string;
  /** File or folder that is copied before one of its files is changed. */
  readonly sound: string;
  /** What the copy is called, where that matters. */
  readonly copyName?: string;
  /** The file of the folder that is changed; the copy itself where absent. */
  readonly file?: string;
  readonly damages: readonly Change[];
  readonly commands: readonly ((path: string, out: string) => readonly string[])[];
  /** A command of `latents` that must notice every change. */
  readonly isNoticedBy?: string;
}

const anyhow: Change = (bytes, stream, index) => damaged(bytes, index, stream);
const json = [forgedJson, anyhow];
const tensors = [forgedSafetensors, anyhow];
const zipped: Change = (bytes, stream) => torchFile(forgedPickle(bytes, stream));

export async function hostileKinds(folder: string, fixtures: Fixtures): Promise<HostileKind[]> {
  await mkdir(folder, { recursive: true });
  const { images, model, latents, diffusers, vectors, diffusion } = fixtures;
  const one = ['--threads', '1'];
  const models: HostileKind['commands'] = [
    (path) => ['info', path],
    (path, out) => ['import', path, '--out', out],
    (path, out) => ['decode', latents, '--model', path, '--out', out, ...one],
    (path, out) => ['encode', images, '--model', path, '--out', out, ...one],
    (path, out) => ['export', '--model', path, '--format', 'onnx', '--out', out],
  ];
  const stores: HostileKind['commands'] = [
    (path) => ['latents', 'verify', path],
    (path) => ['latents', 'info', path],
    (path, out) => ['decode', path, '--model', model, '--out', out, ...one],
    (path, out) => ['latents', 'convert', path, '--out', out],
  ];
  const store = { sound: latents, isNoticedBy: 'verify', commands: stores };
  const pictures: HostileKind['commands'] = [
    (path) => ['doctor', path],
    (path, out) => ['encode', path, '--model', model, '--out', out, ...one],
  ];
  const caches: HostileKind['commands'] = [(path, out) => ['latents', 'import', path, '--out', out]];
  const shard = 'latents-00000';
  const own = await makeSound(folder, fixtures);
  return [
    { name: 'weights of a run', sound: model, file: 'model.safetensors', damages: tensors, commands: models },
    { name: 'config of a run', sound: model, file: 'config.json', damages: json, commands: models },
    {
      ...{ name: 'checkpoint', sound: model, file: 'checkpoint.safetensors', damages: tensors },
      commands: [(path) => ['train', images, '--out', path, '--resume', '--steps', '3']],
    },
    {
      ...{ name: 'diffusion model', sound: diffusion, file: 'config.json', damages: json },
      commands: [
        (path, out) => ['sample', '--diffusion', path, '--count', '2', '--sampler-steps', '2', '--out', out, ...one],
      ],
    },
    { name: 'config of diffusers', sound: diffusers, file: 'config.json', damages: json, commands: models },
    {
      ...{ name: 'weights of diffusers', sound: diffusers, file: 'diffusion_pytorch_model.safetensors' },
      ...{ damages: tensors, commands: models },
    },
    { name: 'pickle', sound: own.pickle, copyName: 'model.pth', damages: [forgedPickle, anyhow], commands: models },
    { name: 'zip of a pickle', sound: own.zip, copyName: 'model.pth', damages: [zipped, anyhow], commands: models },
    { ...store, name: 'shard', file: `${shard}.safetensors`, damages: tensors },
    { ...store, name: 'index of a shard', file: `${shard}.json`, damages: json },
    { name: 'manifest', sound: latents, file: 'manifest.json', damages: json, commands: stores },
    {
      ...{ name: 'latents to train on', sound: vectors, file: `${shard}.safetensors`, damages: tensors },
      commands: [(path, out) => ['train-diffusion', path, '--steps', '1', '--batch', '4', '--out', out, ...one]],
    },
    { name: 'npy', sound: own.npy, file: 'features/0.npy', damages: [anyhow], commands: caches },
    { name: 'npz', sound: own.npz, file: 'one.npz', damages: [anyhow], commands: caches },
    { name: 'tar', sound: own.tar, copyName: 'images.tar', damages: [anyhow], commands: pictures },
    ...(['png', 'jpeg', 'webp', 'gif', 'tiff'] as const).map((format) => ({
      ...{ name: format, sound: own.pictures, file: `a.${format}`, damages: [anyhow], commands: pictures },
    })),
    { name: 'list of images', sound: own.list, copyName: 'list.txt', damages: [anyhow], commands: pictures },
    {
      ...{ name: 'options in a file', sound: own.options, copyName: 'options.json', damages: json },
      commands: [(path, out) => ['encode', images, '--config', path, '--model', model, '--out', out, ...one]],
    },
  ];
}

async function makeSound(folder: string, { images, latents }: Fixtures) {
  const at = (name: string) => join(folder, name);
  await made('latents', 'convert', latents, '--format', 'npy', '--out', at('npy'));
  await mkdir(at('npz'));
  await made('latents', 'convert', latents, '--format', 'npz', '--out', join(at('npz'), 'one.npz'));
  const picture = await readFile(join(images, 'gradients', '00000.png'));
  await mkdir(at('pictures'));
  for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const) {
    await sharp(picture)
      .toFormat(format)
      .toFile(join(at('pictures'), `a.${format}`));
  }
  await writeFile(
    at('images.tar'),
    await tarOf({ 'a/0.png': picture, 'a/1.png': picture, 'a/0.txt': Buffer.from('a caption') }),
  );
  await writeFile(
    at('list.txt'),
    ['0', '1', '2'].map((name) => join(images, 'gradients', `0000${name}.png`)).join('\n'),
  );
  await writeFile(
    at('options.json'),
    JSON.stringify({ size: 16, batch: 4, seed: 1, precision: 'float32', include: '**/*.png' }),
  );
  await writeFile(at('model.pth'), soundPickle);
  await writeFile(at('zip.pth'), await torchFile(soundPickle));
  return {
    ...{ npy: at('npy'), npz: at('npz'), pictures: at('pictures'), tar: at('images.tar'), list: at('list.txt') },
    ...{ options: at('options.json'), pickle: at('model.pth'), zip: at('zip.pth') },
  };
}

/** As torch.save makes them, with one tensor of four numbers. */
const torchFile = (pickle: Buffer) => zipOf({ 'a/data.pkl': pickle, 'a/data/0': Buffer.alloc(16) });
