/**
 * `npm run bench -- encode`: how much of the encoder's own speed is left when it is fed from files and its latents go to disk,
 * and how fast the same job is in PyTorch with a DataLoader and Pillow. Times are per image. The images come in rounds, in
 * which all sides have their turn, so that whatever else the machine does slows all of them down.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../scripts/cli/output.js';
import { type Autoencoder, createAutoencoder } from '../src/autoencoder/autoencoder.js';
import { engineOptionsSchema, modelConfigSchema, type PresetName, presets } from '../src/config/config.js';
import { findImages, type ImageFile } from '../src/data/images.js';
import { writeSyntheticImages } from '../src/data/synthetic/write.js';
import { type Engine, selectEngine } from '../src/engine/select.js';
import { saveModel } from '../src/interop/models/save-model.js';
import { openSafetensors } from '../src/interop/safetensors/safetensors.js';
import { latentEncoder } from '../src/latents/codec.js';
import { encodeFolder, type LatentEncoder } from '../src/latents/writing/encode.js';
import { normals } from '../src/random.js';
import { findPython, runPython } from './python.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const size = 256;
const threads = 2;
const engineOptions = engineOptionsSchema.parse({ threads });

interface Workload {
  readonly preset: PresetName;
  readonly files: readonly ImageFile[];
  readonly batch: number;
  /** Images of a round. */
  readonly roundImages: number;
  /** How many of the images PyTorch is given too. */
  readonly peerImages: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      folder: { type: 'string', default: '../shared/images/photos' },
      images: { type: 'string' },
      'peer-images': { type: 'string' },
      'large-images': { type: 'string', default: '64' },
    },
  });
  const files = await findImages(values.folder);
  const images = Number(values.images ?? files.length);
  const largeImages = Number(values['large-images']);
  const small = {
    files: evenly(files, images),
    batch: 16,
    // Every round ends with a shard, as in an encode every 2,048 images do: shorter rounds would measure the shards.
    roundImages: 1024,
    peerImages: Number(values['peer-images'] ?? images),
  };
  const workloads: Workload[] = [
    { preset: 'fast-f8', ...small },
    { preset: 'kl-f8-tiny', ...small },
    { preset: 'kl-f8', files: evenly(files, largeImages), batch: 4, roundImages: 16, peerImages: largeImages },
  ];
  const engine = await selectEngine(engineOptions);
  const rows: BenchRow[] = [];
  for (const workload of workloads) {
    if (workload.files.length > 0) rows.push(...(await compare(workload, engine)));
  }
  printRows(rows, values.json);
}

/** At most `count` files, spread over all, so that every kind of picture is among them. */
function evenly(files: readonly ImageFile[], count: number): ImageFile[] {
  const step = Math.max(1, files.length / count);
  return Array.from({ length: Math.min(count, files.length) }, (_, index) => {
    return files[Math.floor(index * step)] as ImageFile;
  });
}

async function compare(workload: Workload, engine: Engine): Promise<BenchRow[]> {
  const { preset, files } = workload;
  const config = modelConfigSchema.parse(presets[preset].model(size));
  const folder = await mkdtemp(join(tmpdir(), 'bench-encode-'));
  const model = createAutoencoder(config, { seed: 0 });
  try {
    const weights = join(folder, 'model.safetensors');
    await saveModel(weights, model.parameters);
    const encoder = latentEncoder(model, { name: preset, sha256: '0'.repeat(64) }, engineOptions);
    await assertSameLatents(workload, encoder, { config, weights, folder });
    const { alone, ours, peer } = await race(workload, encoder, { config, weights, folder });
    const row = { workload: `${preset}, ${files.length} images of ${size} px, ms per image`, oursMs: ours };
    return [
      benchRow({ ...row, peer: 'the model alone on ready tensors', peerMs: alone, target: 0.9 }),
      benchRow({ ...row, peer: 'PyTorch with DataLoader and Pillow', peerMs: peer, target: 1.2 }),
    ];
  } finally {
    release(model);
    engine.flush();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Job {
  readonly config: object;
  readonly weights: string;
  readonly folder: string;
}

/** ms per image of each side, over all rounds that it took part in; null for a peer that is not here. */
async function race(workload: Workload, encoder: LatentEncoder, job: Job) {
  const { preset, files, batch, roundImages, peerImages } = workload;
  const totals = { alone: { ms: 0, images: 0 }, ours: { ms: 0, images: 0 }, peer: { ms: 0, images: 0 } };
  for (let first = 0; first < files.length; first += roundImages) {
    const round = files.slice(first, first + roundImages);
    const peerFiles = first < peerImages ? round : [];
    const turns = {
      alone: await modelAlone(encoder, batch, round.length),
      ours: await endToEnd(encoder, round, batch, join(job.folder, 'ours')),
      peer: await torchPeer(batch, { ...job, files: peerFiles, out: join(job.folder, `peer-${first}`) }),
    };
    for (const side of ['alone', 'ours', 'peer'] as const) {
      const ms = turns[side];
      if (ms === null) continue;
      totals[side].ms += ms * round.length;
      totals[side].images += round.length;
    }
    note(`${preset}, ${first + round.length} of ${files.length} images, ms each: ${JSON.stringify(turns)}`);
  }
  const mean = ({ ms, images }: { ms: number; images: number }) => ms / images;
  return {
    alone: mean(totals.alone),
    ours: mean(totals.ours),
    peer: totals.peer.images === 0 ? null : mean(totals.peer),
  };
}

const release = ({ parameters }: Autoencoder) => tf.dispose([...parameters.values()]);

/** ms per image on a tensor that is there already, over as many batches as `images` make. */
async function modelAlone(encoder: LatentEncoder, batch: number, images: number): Promise<number> {
  const ready = normals(batch * size * size * 3, 'bench').map((value) => value / 3);
  const batches = Math.ceil(images / batch);
  const start = performance.now();
  for (let step = 0; step < batches; step++) await encoder.encodeBatch(ready, batch, size, size);
  return (performance.now() - start) / (batches * batch);
}

async function endToEnd(encoder: LatentEncoder, files: readonly ImageFile[], batch: number, out: string) {
  const summary = await encodeFolder({
    files,
    encoder,
    out,
    size,
    batch,
    maxPixels: 2 ** 28,
    dtype: 'float32',
    mirrored: false,
    shardBytes: 64 * 2 ** 20,
    retrySkipped: false,
    workers: 0,
  });
  return (1000 * summary.seconds) / summary.encoded;
}

interface TorchJob extends Pick<Job, 'config' | 'weights'> {
  readonly files: readonly ImageFile[];
  readonly out: string;
}

/** ms per image, or null where there is no PyTorch or nothing to do. */
async function torchPeer(batch: number, { config, weights, out, ...job }: TorchJob): Promise<number | null> {
  if (job.files.length === 0) return null;
  const python = await findPython(['torch', 'PIL', 'safetensors']);
  if (python === null) return null;
  await mkdir(out);
  const files = job.files.map(({ path }) => path);
  const answer = await runPython(python, 'encode.py', {
    config,
    weights,
    files,
    out,
    size,
    batch,
    threads,
    workers: threads,
  });
  return (answer as { msPerImage: number }).msPerImage;
}

/**
 * The peer must do the same job. It is given pictures that need no resizing, since libvips and Pillow do that differently.
 * This first encode is also the one that compiles, so that the race begins warm.
 */
async function assertSameLatents({ batch }: Workload, encoder: LatentEncoder, job: Job): Promise<void> {
  const pictures = join(job.folder, 'pictures');
  await writeSyntheticImages(pictures, { images: 4, size, seed: 0 });
  const files = await findImages(pictures);
  const [ours, theirs] = [join(job.folder, 'our-check'), join(job.folder, 'their-check')];
  await endToEnd(encoder, files, batch, ours);
  if ((await torchPeer(batch, { ...job, files, out: theirs })) === null) return;
  const [a, b] = (await Promise.all([ours, theirs].map(readMeans))) as [Float32Array, Float32Array];
  const squares = (term: (index: number) => number) => a.reduce((sum, _, index) => sum + term(index) ** 2, 0);
  const difference = squares((index) => (a[index] as number) - (b[index] as number));
  const relative = Math.sqrt(difference / squares((index) => b[index] as number));
  if (!(relative < 1e-3))
    throw new Error(`The peer's latents differ by ${relative} of their size: it does another job`);
}

async function readMeans(folder: string): Promise<Float32Array> {
  const file = await openSafetensors(join(folder, 'latents-00000.safetensors'));
  return file.readFloat32('mean').finally(() => file.close());
}
