/** Training, encoding and measuring on what a program hands over: its pictures, terms, network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelConfigSchema, objectives } from '../../src/config/config.js';
import type { LabelledPicture } from '../../src/data/picture-set.js';
import { syntheticClasses, syntheticImage } from '../../src/data/synthetic/picture.js';
import { openLatents } from '../../src/latents/reading/store.js';
import type { LossTerm } from '../../src/losses/terms.js';
import { encodeImages } from '../../src/tokenizer/encode-images.js';
import { evaluateImages } from '../../src/tokenizer/evaluate-images.js';
import type { TrainingRequest } from '../../src/training/request.js';
import { resumeTraining, trainAutoencoder } from '../../src/training/train.js';
import { makeFolder } from '../data/folders.js';

const size = 16;
const model = modelConfigSchema.parse({
  latent: 'spatial',
  imageSize: size,
  blockOutChannels: [8, 8],
  normNumGroups: 4,
  latentChannels: 2,
  midBlockAttention: false,
});

/** One picture in every form there is. */
async function* ownPictures(count = 20): AsyncGenerator<LabelledPicture> {
  for (let number = 0; number < count; number++) {
    const label = syntheticClasses[number % 2] as string;
    const pixels = syntheticImage(label as (typeof syntheticClasses)[number], number, size);
    const raw = { pixels, width: size, height: size, channels: 3 } as const;
    const image = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
    const forms = [
      raw,
      image,
      await image.clone().png().toBuffer(),
      tf.tensor3d(pixels, [size, size, 3], 'int32'),
      () => raw,
    ];
    yield { picture: forms[number % forms.length] as LabelledPicture['picture'], label, name: `${label}/${number}` };
  }
}

/** Mean absolute difference of neighbours in x. */
const roughness: LossTerm = ({ images, reconstructions }) => {
  const slope = (x: tf.Tensor4D) =>
    tf.sub(tf.slice(x, [0, 0, 1, 0], [-1, -1, size - 1, -1]), tf.slice(x, [0, 0, 0, 0], [-1, -1, size - 1, -1]));
  return tf.mean(tf.abs(tf.sub(slope(images), slope(reconstructions))));
};

const request = (changes: Partial<TrainingRequest>): TrainingRequest => ({
  images: ownPictures(),
  model,
  objective: objectives.mse,
  terms: { roughness: { weight: 0.1, loss: roughness } },
  steps: 4,
  batch: 4,
  seed: 7,
  threads: 1,
  ...changes,
});

const linesOf = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

let folder: string;
let run: string;
beforeAll(async () => {
  folder = makeFolder();
  run = join(folder, 'whole');
  await trainAutoencoder(request({ out: run }));
});

describe("a training on a program's own pictures", () => {
  it('logs its terms and writes them into the objective', () => {
    const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      pictures: { count: 20 },
      isOwnNetwork: true,
      objective: { terms: { roughness: { weight: 0.1 } } },
      model: { blockOutChannels: [8, 8] },
    });
    const steps = linesOf(run).filter(({ loss }) => loss !== undefined);
    expect(steps).toHaveLength(4);
    for (const { loss, mse, kl, roughness } of steps) {
      const elements = size * size * 3;
      expect(loss).toBeCloseTo(mse / elements + (1e-6 * kl) / elements + 0.1 * roughness, 5);
    }
  });

  it('equals itself when it is interrupted and resumed', async () => {
    const out = join(folder, 'resumed');
    const stop = new AbortController();
    const onProgress = ({ step }: { step: number }) => (step === 2 ? stop.abort() : undefined);
    const first = await trainAutoencoder(request({ out, hooks: { signal: stop.signal, onProgress } }));
    expect(first).toMatchObject({ interrupted: true, steps: 2 });
    const { terms } = request({});
    await expect(resumeTraining({ images: ownPictures(), out })).rejects.toThrow(/terms \{"roughness"/);
    await expect(resumeTraining({ images: ownPictures(19), out, terms })).rejects.toThrow('Got 19 pictures');
    await expect(resumeTraining({ images: folder, out, terms })).rejects.toThrow('20 pictures that a program');
    await resumeTraining({ images: ownPictures(), out, terms });
    expect(readFileSync(join(out, 'model.safetensors'))).toEqual(readFileSync(join(run, 'model.safetensors')));
    expect(linesOf(out)).toEqual(linesOf(run));
  });

  it('tells its terms the number of the step, in recorded steps too', async () => {
    const out = join(folder, 'steps');
    const number: LossTerm = ({ step, reconstructions }) => tf.add(step, tf.mul(0, tf.mean(reconstructions)));
    await trainAutoencoder(request({ out, steps: 6, terms: { number } }));
    const numbers = linesOf(out).flatMap(({ number }) => number ?? []);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is stopped by a term that is no number, by its name', async () => {
    const broken: LossTerm = ({ reconstructions }) =>
      tf.log(tf.sub(tf.mul(0, tf.mean(reconstructions)), 1)) as tf.Scalar;
    const training = trainAutoencoder(request({ out: join(folder, 'broken'), terms: { broken } }));
    await expect(training).rejects.toThrow(/^Step 1: broken became NaN/);
  });

  it.each([
    [
      'gives a tensor of [4]',
      { vector: ({ images }) => tf.mean(images, [1, 2, 3]) as never },
      /vector gave a tensor of \[4\]/,
    ],
    ['has the name of another', { kl: roughness }, "named 'kl'"],
  ] satisfies [string, Record<string, LossTerm>, RegExp | string][])(
    'refuses a term that %s',
    async (_, terms, sentence) => {
      await expect(trainAutoencoder(request({ out: join(folder, 'refused'), terms }))).rejects.toThrow(sentence);
    },
  );

  it.each<[string, Partial<TrainingRequest>, string]>([
    ['no pictures', { images: [] }, 'Got no pictures'],
    ['a number', { images: [3 as never] }, 'picture-000000 is a number, wanted a path'],
    ['two of one name', { images: ['a.png', 'a.png'] }, 'Two pictures are named a.png'],
    ['an option beside a whole objective', { klWeight: 1 }, 'Got klWeight beside a whole objective'],
    ['an option beside its own network', { latentChannels: 4 }, 'Got latentChannels beside a network'],
    ['an option that there is not', { stepz: 1 } as never, 'stepz'],
  ])('refuses %s', async (_, changes, sentence) => {
    await expect(trainAutoencoder(request({ out: join(folder, 'refused'), ...changes }))).rejects.toThrow(sentence);
  });

  it('names pictures that cannot be read, and goes on', async () => {
    async function* some() {
      yield* ownPictures(12);
      yield { picture: Buffer.from('no picture'), name: 'text' };
      yield {
        picture: () => ({ pixels: new Uint8Array(3), width: 9, height: 9, channels: 3 as const }),
        name: 'short',
      };
    }
    const { skipped, steps } = await trainAutoencoder(
      request({ images: some(), out: join(folder, 'skipped'), steps: 9 }),
    );
    expect(steps).toBe(9);
    expect(skipped.map(({ path }) => path).sort()).toEqual(['short', 'text']);
  });
});

describe("a model for a program's own pictures", () => {
  it('encodes them into a store of their names and classes', async () => {
    const out = join(folder, 'latents');
    const summary = await encodeImages(ownPictures(7), { model: run, out, threads: 1, batch: 4 });
    expect(summary).toMatchObject({ images: 7, encoded: 7, complete: true });
    await using store = await openLatents(out);
    expect(store.manifest.classes).toEqual(syntheticClasses.slice(0, 2).sort());
    expect((await store.get(0)).path).toBe(`${syntheticClasses[0]}/0`);
    const again = await encodeImages(ownPictures(9), { model: run, out, threads: 1, batch: 4 });
    expect(again).toMatchObject({ images: 9, encoded: 2 });
  });

  it('is measured on them', async () => {
    const seen: string[] = [];
    const { images, psnrDb, skipped } = await evaluateImages(ownPictures(5), {
      model: run,
      features: false,
      threads: 1,
      onImage: ({ file }) => seen.push(file.relativePath),
    });
    expect({ images, skipped }).toEqual({ images: 5, skipped: [] });
    expect(psnrDb).toBeGreaterThan(3);
    expect(seen).toHaveLength(5);
  });
});
