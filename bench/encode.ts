/**
 * `npm run bench -- encode`: how much of the encoder's own speed is left when it is fed from files and its latents go to disk,
 * and how fast the same job is in PyTorch with a DataLoader and Pillow. Times are per image.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { note } from '../scripts/cli/output.js';
import { type Autoencoder, createAutoencoder } from '../src/autoencoder/autoencoder.js';
import { engineOptionsSchema, modelConfigSchema, type PresetName, presets } from '../src/config.js';
import { findImages, type ImageFile } from '../src/data/images.js';
import { writeSyntheticImages } from '../src/data/synthetic/write.js';
import { type Engine, selectEngine } from '../src/engine/select.js';
import { openSafetensors } from '../src/interop/safetensors/safetensors.js';
import { latentEncoder } from '../src/latents/codec.js';
import { encodeFolder, type LatentEncoder } from '../src/latents/writing/encode.js';
import { normals } from '../src/random.js';
import { saveModel } from '../src/training/trained-model.js';
import { findPython, runPython } from './python.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const size = 256;
const threads = 2;
const engineOptions = engineOptionsSchema.parse({ threads });

interface Workload {
  readonly preset: PresetName;
  readonly images: number;
  readonly batch: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      folder: { type: 'string', default: '../shared/images/photos' },
      images: { type: 'string' },
      'large-images': { type: 'string', default: '64' },
    },
  });
  const files = await findImages(values.folder);
  const small = Number(values.images ?? files.length);
  const workloads: Workload[] = [
    { preset: 'kl-f8-tiny', images: Math.min(small, files.length), batch: 16 },
    { preset: 'kl-f8', images: Math.min(Number(values['large-images']), files.length), batch: 4 },
  ];
  const engine = await selectEngine(engineOptions);
  const rows: BenchRow[] = [];
  for (const workload of workloads.filter(({ images }) => images > 0)) {
    rows.push(...(await compare(workload, evenly(files, workload.images), engine)));
  }
  printRows(rows, values.json);
}

/** `count` files spread over all, so that every kind of picture is among them. */
function evenly(files: readonly ImageFile[], count: number): ImageFile[] {
  return Array.from({ length: count }, (_, index) => files[Math.floor((index * files.length) / count)] as ImageFile);
}

async function compare(workload: Workload, files: readonly ImageFile[], engine: Engine): Promise<BenchRow[]> {
  const { preset, batch } = workload;
  const config = modelConfigSchema.parse(presets[preset].model(size));
  const folder = await mkdtemp(join(tmpdir(), 'bench-encode-'));
  const model = createAutoencoder(config, { seed: 0 });
  try {
    const weights = join(folder, 'model.safetensors');
    await saveModel(weights, model.parameters);
    const encoder = latentEncoder(model, { name: preset, sha256: '0'.repeat(64) }, engineOptions);
    await assertSameLatents(workload, encoder, { config, weights, folder });
    const alone = await modelAlone(encoder, batch, files.length);
    note(`${preset}: the model alone takes ${alone.toFixed(2)} ms per image`);
    const ours = await endToEnd(encoder, files, batch, join(folder, 'ours'));
    note(`${preset}: from files to latents ${ours.toFixed(2)} ms`);
    const peer = await torchPeer(workload, { config, weights, files, out: join(folder, 'peer') });
    note(`${preset}: PyTorch ${peer === null ? 'is not here' : `takes ${peer.toFixed(2)} ms`}`);
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

const release = ({ parameters }: Autoencoder) => tf.dispose([...parameters.values()]);

/** ms per image on a tensor that is there already. The first pass, which compiles, does not count. */
async function modelAlone(encoder: LatentEncoder, batch: number, images: number): Promise<number> {
  const ready = normals(batch * size * size * 3, 'bench').map((value) => value / 3);
  await encoder.encodeBatch(ready, batch, size, size);
  const batches = Math.min(20, Math.ceil(images / batch));
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
  });
  return (1000 * summary.seconds) / summary.encoded;
}

interface TorchJob {
  readonly config: object;
  readonly weights: string;
  readonly files: readonly ImageFile[];
  readonly out: string;
}

/** ms per image, or null where there is no PyTorch. */
async function torchPeer({ batch }: Workload, job: TorchJob): Promise<number | null> {
  const python = await findPython(['torch', 'PIL', 'safetensors']);
  if (python === null) return null;
  await mkdir(job.out);
  const files = job.files.map(({ path }) => path);
  const answer = await runPython(python, 'encode.py', { ...job, files, size, batch, threads, workers: threads });
  return (answer as { msPerImage: number }).msPerImage;
}

/**
 * The peer must do the same job. It is given pictures that need no resizing, since libvips and Pillow do that differently.
 */
async function assertSameLatents(
  workload: Workload,
  encoder: LatentEncoder,
  { config, weights, folder }: { readonly config: object; readonly weights: string; readonly folder: string },
): Promise<void> {
  await writeSyntheticImages(join(folder, 'pictures'), { images: 4, size, seed: 0 });
  const files = await findImages(join(folder, 'pictures'));
  const [ours, theirs] = [join(folder, 'our-check'), join(folder, 'their-check')];
  await endToEnd(encoder, files, workload.batch, ours);
  if ((await torchPeer(workload, { config, weights, files, out: theirs })) === null) return;
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
