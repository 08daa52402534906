/** Folders of samples: what they say of themselves, how they go on, and what stands in their way. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { diffusionOptionsSchema, samplingOptionsSchema } from '../../src/config/options/diffusion-options.js';
import { findImages, labelsOf } from '../../src/data/images.js';
import { syntheticClasses, syntheticImage } from '../../src/data/synthetic/picture.js';
import { classFolders, sampleName } from '../../src/diffusion/sampling/sample-names.js';
import { type SamplePicturesOptions, samplePictures } from '../../src/diffusion/sampling/sample-pictures.js';
import { trainDiffusion } from '../../src/diffusion/training/train-diffusion.js';
import { encodeImages } from '../../src/tokenizer/encode-images.js';
import { temporaryFolder } from '../latents/fixture.js';

const size = 16;
const classes = [...syntheticClasses].sort();
let folder: string;
const at = (name: string) => join(folder, name);

async function* pictures(label?: string) {
  for (let number = 0; number < 20; number++) {
    const kind = syntheticClasses[number % 4] as (typeof syntheticClasses)[number];
    const pixels = syntheticImage(kind, number, size);
    const picture = { pixels, width: size, height: size, channels: 3 } as const;
    yield { picture, label: label ?? kind, name: `${label ?? kind}/${number}` };
  }
}

async function trained(name: string, label?: string): Promise<void> {
  await encodeImages(pictures(label), { model: 'photo-f8', out: at(`${name}-latents`), size, threads: 1 });
  const options = { preset: 'mlp-tiny', batch: 8, steps: 2, warmupSteps: 0, threads: 1 } as const;
  await trainDiffusion(at(`${name}-latents`), diffusionOptionsSchema.parse(options), at(name));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await trained('run');
  await trained('one-class', 'all');
}, 120_000);

const sampling = { ...samplingOptionsSchema.parse({ samplerSteps: 2, batch: 3 }), engine: 'onnxruntime' } as const;
const draw = (out: string, options: Partial<SamplePicturesOptions> = {}, signal?: AbortSignal, run = 'run') =>
  samplePictures(
    at(run),
    { ...sampling, device: 'cpu', threads: 1, count: 6, format: 'png', out: at(out), ...options },
    signal && { signal },
  );

const recordIn = async (out: string) => JSON.parse(await readFile(join(at(out), 'samples.json'), 'utf8'));
const linesIn = async (out: string) =>
  (await readFile(join(at(out), 'metadata.jsonl'), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** sha256 of every picture below `out`. */
async function picturesIn(out: string): Promise<Record<string, string>> {
  const names = (await readdir(at(out), { recursive: true })).filter((name) => name.endsWith('.png')).sort();
  const hashes = names.map(async (name) =>
    createHash('sha256')
      .update(await readFile(join(at(out), name)))
      .digest('hex'),
  );
  return Object.fromEntries((await Promise.all(hashes)).map((hash, index) => [names[index] as string, hash]));
}

test('the record tells what all were drawn from, the table what each is', async () => {
  await draw('told', { seed: 7, guidance: 2 });
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(await recordIn('told')).toEqual({
    format: 'latent-vae/samples',
    formatVersion: 1,
    diffusion: sha256,
    tokenizer: sha256,
    class: null,
    pictures: 'png',
    guidance: 2,
    sampler: 'heun',
    samplerSteps: 2,
    seed: 7,
    images: 6,
    complete: true,
  });
  const lines = await linesIn('told');
  expect(lines).toEqual(
    Array.from({ length: 6 }, (_, number) => {
      const name = classes[number % 4] as string;
      return { file_name: `${name}/0000${number}.png`, class: name, seed: 7, number };
    }),
  );
  expect(Object.keys(await picturesIn('told'))).toEqual(lines.map(({ file_name: name }) => name).sort());
});

test('a classifier finds the classes where it finds those of any pictures', async () => {
  await draw('read');
  const files = await findImages(at('read'));
  expect(labelsOf(files)).toEqual(classes);
  expect(files).toHaveLength(6);
});

test('interrupted samples are marked, and go on to the same pictures', async () => {
  const controller = new AbortController();
  controller.abort();
  const broken = await draw('broken', {}, controller.signal);
  expect(broken).toMatchObject({ complete: false, written: 1 });
  expect(await recordIn('broken')).toMatchObject({ images: 6, complete: false });
  expect(await linesIn('broken')).toHaveLength(1);
  expect(await draw('broken')).toMatchObject({ complete: true, written: 5 });
  expect(await recordIn('broken')).toMatchObject({ images: 6, complete: true });
  await draw('whole');
  expect(await picturesIn('broken')).toEqual(await picturesIn('whole'));
  expect(await linesIn('broken')).toEqual(await linesIn('whole'));
});

test('a folder grows, and is not marked finished by a call that wants fewer', async () => {
  await draw('grown', { count: 3 });
  expect(await draw('grown', { count: 5 })).toMatchObject({ written: 2, images: 5 });
  await rm(join(at('grown'), classes[0] as string, '00004.png'));
  expect(await draw('grown', { count: 3 })).toMatchObject({ written: 0, images: 3, complete: true });
  expect(await recordIn('grown')).toMatchObject({ images: 5, complete: false });
  expect(await linesIn('grown')).toHaveLength(4);
});

test('with a guidance of 0 the class says nothing, with more it does', async () => {
  const drawn = async (name: string, guidance: number) => {
    const out = `${name}-${guidance}`;
    await draw(out, { class: name, guidance });
    return Object.values(await picturesIn(out));
  };
  expect(await drawn('glyphs', 0)).toEqual(await drawn('textures', 0));
  expect(await drawn('glyphs', 50)).not.toEqual(await drawn('textures', 50));
});

test('euler and ddim are one method on a flow', async () => {
  await draw('euler', { sampler: 'euler' });
  await draw('ddim', { sampler: 'ddim' });
  expect(await picturesIn('ddim')).toEqual(await picturesIn('euler'));
});

describe('what stands in the way is told in a sentence, and nothing is made', () => {
  const cases: Record<string, [Partial<SamplePicturesOptions>, RegExp, run?: string]> = {
    'a class mistyped': [{ class: 'glyps' }, /^Got --class glyps, wanted one of .*textures; did you mean glyphs\?$/],
    'an unknown class': [{ class: 'cats' }, /^Got --class cats, wanted one of .*textures\.$/],
    'a class where there was one only': [{ class: 'all' }, /trained without classes: leave it out/, 'one-class'],
    'guidance without classes': [{ guidance: 2 }, /without classes, which nothing can guide/, 'one-class'],
    "another encoder's decoder": [{ model: 'photo-vector' }, /of the encoder photo-f8 .* is another model/],
    'a model that is none': [{ model: 'nowhere' }, /nowhere/],
  };
  test.each(Object.entries(cases))('%s', async (name, [options, sentence, run]) => {
    const out = name.replaceAll(' ', '-');
    await expect(draw(out, options, undefined, run)).rejects.toThrow(sentence);
    expect(await readdir(folder)).not.toContain(out);
  });

  test('samples drawn with other options', async () => {
    await draw('taken');
    const before = await picturesIn('taken');
    await expect(draw('taken', { seed: 1 })).rejects.toThrow(/taken holds samples drawn with other options/);
    expect(await picturesIn('taken')).toEqual(before);
    expect(await recordIn('taken')).toMatchObject({ complete: true });
  });

  test('a folder of other things', async () => {
    await mkdir(at('full'));
    await copyFile(join(at('run'), 'config.json'), join(at('full'), 'config.json'));
    await expect(draw('full')).rejects.toThrow(/full holds config.json: draw into a new or empty folder/);
  });
});

test('a class whose name is no folder gets a number', () => {
  const long = 'x'.repeat(256);
  const names = ['cat', 'a/b', '../up', '.hidden', '', 'a\0b', 'a\\b', long, 'class-2'];
  const folders = classFolders(names);
  expect(folders).toEqual([
    ...['cat', 'a/b', 'class-2-', 'class-3', 'class-4', 'class-5', 'class-6', 'class-7', 'class-2'],
  ]);
  expect(sampleName({ number: 12, class: 0 }, folders, 'webp')).toBe('cat/00012.webp');
  expect(sampleName({ number: 123_456, class: 0 }, [], 'png')).toBe('123456.png');
});
