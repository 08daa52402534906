/** Every command that writes, and what is promised of it when it is stopped at any moment. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinished } from '../../src/lock/whole-folder.js';
import type { Content } from './content.js';
import { contentOf, differences, isEqual } from './content.js';
import { type Fixtures, narrow } from './fixtures.js';

export interface Target {
  readonly name: string;
  /** Name of what it writes, inside a folder of its own. */
  readonly out: string;
  words(out: string): readonly string[];
  /** What to type after an interruption; the same again where absent. */
  again?(out: string): readonly string[];
  /** What is reported as done by now, in any unit: it may grow alone. */
  done(out: string): Promise<number>;
  /** Whether what is there is whole, is marked as unfinished or can be told from what is finished. */
  isHonest(out: string, whole: Content): Promise<boolean>;
}

export function targetsOf({ images, model, latents, diffusers, vectors, diffusion }: Fixtures): Target[] {
  const one = ['--threads', '1'];
  const train = [...narrow, '--steps', '6', '--checkpoint-steps', '2', '--sample-steps', '3'];
  const denoise = ['--steps', '6', '--batch', '4', '--checkpoint-steps', '3', '--sample-steps', '1000', ...one];
  const encode = ['encode', images, '--model', model, '--batch', '2', '--shard-bytes', '20000', ...one];
  const convert = ['latents', 'convert', latents, '--format'];
  const exported = ['export', '--model', model, '--format'];
  const compare = ['compare', images, '--models', model, '--no-features', '--images', '8', ...one];
  const sample = ['sample', '--diffusion', diffusion, '--count', '8', '--batch', '2', '--sampler-steps', '2', ...one];
  return [
    run('train', ['train', images, '--preset', 'kl-f4-tiny', '--channels', '16,16', ...train]),
    {
      name: 'encode',
      out: 'latents',
      words: (out) => [...encode, '--out', out],
      done: storedImages,
      isHonest: isStore,
    },
    pictures('decode', ['decode', latents, '--model', model, '--batch', '2', ...one]),
    wholeFolder('latents convert webdataset', [...convert, 'webdataset']),
    wholeFolder('latents convert npy', [...convert, 'npy']),
    { ...wholeFolder('latents convert npz', [...convert, 'npz']), out: 'latents.npz', isHonest: isWhole },
    wholeFolder('export diffusers', [...exported, 'diffusers']),
    wholeFolder('export onnx', [...exported, 'onnx']),
    wholeFolder('export tokenizer', [...exported, 'tokenizer']),
    wholeFolder('import', ['import', diffusers]),
    { ...wholeFolder('compare', compare), isHonest: isReport },
    run('train-diffusion', ['train-diffusion', vectors, ...denoise]),
    pictures('sample', sample),
  ];
}

type Typed = Pick<Target, 'name' | 'words'>;
const plain = (name: string, words: readonly string[]): Typed => ({ name, words: (out) => [...words, '--out', out] });

/** All at once, or nothing. */
function wholeFolder(name: string, words: readonly string[]): Target {
  const done = async () => 0;
  return {
    ...plain(name, words),
    out: 'out',
    done,
    isHonest: async (out, whole) => isUnfinished(out) || isWhole(out, whole),
  };
}

/** Goes on with --resume once it has begun; every saved step counts. */
function run(name: string, words: readonly string[]): Target {
  const [verb = '', source = ''] = words;
  const again = (out: string) =>
    existsSync(join(out, 'config.json')) ? [verb, source, '--out', out, '--resume'] : [...words, '--out', out];
  // A run folder says how far it is: nothing in it is taken for finished.
  return { ...plain(name, words), out: 'run', again, done: async (out) => savedStep(out), isHonest: async () => true };
}

/** A picture is there or is not. */
function pictures(name: string, words: readonly string[]): Target {
  const count = async (out: string) => [...(await contentOf(out)).keys()].filter(isVisible).length;
  return {
    ...plain(name, words),
    out: 'pictures',
    done: count,
    isHonest: async (out, whole) => {
      const { wrong } = differences(await contentOf(out), whole);
      const mayDiffer = saysIncomplete(out) ? sampleRecords : [];
      return wrong.filter((path) => isVisible(path) && !mayDiffer.includes(path)).length === 0;
    },
  };
}

/** What `sample` tells of its pictures, and that they are not all there yet. */
const sampleRecords = ['samples.json', 'metadata.jsonl'];

function saysIncomplete(out: string): boolean {
  const path = join(out, 'samples.json');
  return existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).complete === false;
}

const isVisible = (path: string) => !path.split('/').some((name) => name.startsWith('.'));

async function isWhole(out: string, whole: Content): Promise<boolean> {
  const got = new Map([...(await contentOf(out))].filter(([path]) => isVisible(path)));
  return got.size === 0 || isEqual(got, whole);
}

/** A page is written last, and shows what it shows by itself. */
async function isReport(out: string, whole: Content): Promise<boolean> {
  const { wrong } = differences(await contentOf(out), whole);
  return wrong.filter(isVisible).length === 0;
}

/** The manifest names no shard that is not whole. */
async function isStore(out: string): Promise<boolean> {
  const path = join(out, 'manifest.json');
  if (!existsSync(path)) return true;
  const { shards } = JSON.parse(readFileSync(path, 'utf8')) as {
    shards: { latents: { file: string; sizeBytes: number } }[];
  };
  const sizes = await Promise.all(
    shards.map(({ latents: { file } }) => stat(join(out, file)).catch(() => ({ size: -1 }))),
  );
  return shards.every(({ latents }, index) => sizes[index]?.size === latents.sizeBytes);
}

/** In shards and in the journal, which has a whole line for what is done. */
async function storedImages(out: string): Promise<number> {
  const paths = new Set<string>();
  for (const name of await readdir(out).catch((): string[] => [])) {
    if (!/^latents-\d+(\.partial\.jsonl|\.json)$/.test(name)) continue;
    const text = await readFile(join(out, name), 'utf8').catch(() => '');
    const documents = name.endsWith('.jsonl') ? text.split('\n').slice(0, -1) : [text];
    for (const document of documents) for (const { path } of JSON.parse(document).images) paths.add(path);
  }
  return paths.size;
}

/** Of the checkpoint; 0 where there is none. */
function savedStep(out: string): number {
  const path = join(out, 'checkpoint.safetensors');
  if (!existsSync(path)) return 0;
  const bytes = readFileSync(path);
  const { __metadata__: metadata } = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  return JSON.parse(metadata.counters).step;
}
