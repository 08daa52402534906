import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { beforeAll, expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { findPython } from '../../bench/python.js';
import { type ConvertLatentsOptions, convertLatents } from '../../src/latents/convert/convert.js';
import { npyHeader } from '../../src/latents/convert/npy.js';
import { type LatentStore, openLatents } from '../../src/latents/reading/store.js';
import { encodeTestFolder, temporaryFolder, writePictures } from './fixture.js';

const images = 19;
let folder: string;
let store: LatentStore;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), images);
  await encodeTestFolder(join(folder, 'pictures'), join(folder, 'latents'), { dtype: 'float16', shardBytes: 512 });
  store = await openLatents(join(folder, 'latents'));
  return () => store.close();
});

const convert = (changes: Partial<ConvertLatentsOptions> & Pick<ConvertLatentsOptions, 'format' | 'out'>) =>
  convertLatents(join(folder, 'latents'), { values: 'mean', scaled: false, seed: 0, ...changes });

interface Npy {
  readonly dtype: string;
  readonly shape: number[];
  readonly values: number[];
}

function readNpy(bytes: Buffer): Npy {
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = bytes.subarray(10, start).toString();
  const [, dtype = '', tuple = ''] = /'descr': '(.*?)', 'fortran_order': False, 'shape': \((.*?)\)/.exec(header) ?? [];
  const data = new Uint8Array(bytes.subarray(start)).buffer;
  const values = dtype === '<f4' ? [...new Float32Array(data)] : [...new BigInt64Array(data)].map(Number);
  return { dtype, shape: tuple.split(',').filter(Boolean).map(Number), values };
}

/** [h, w, Z] -> [Z, h, w] of the fixture's 2×2×4. */
const channelsFirst = (latent: Float32Array) =>
  Array.from({ length: 16 }, (_, at) => latent[(at % 4) * 4 + Math.floor(at / 4)] as number);

test('WebDataset: every sample has its moments, record and label, and the tar is the same each time', async () => {
  const out = join(folder, 'tars');
  await convert({ format: 'webdataset', values: 'moments', out });
  await convert({ format: 'webdataset', values: 'moments', out: join(folder, 'tars-again') });
  const tars = (await readdir(out)).filter((name) => name.endsWith('.tar')).sort();
  expect(tars).toEqual(['latents-00000.tar', 'latents-00001.tar', 'latents-00002.tar']);
  const members = new Map<string, Buffer>();
  for (const tar of tars) {
    expect(await readFile(join(out, tar))).toEqual(await readFile(join(folder, 'tars-again', tar)));
    for await (const entry of createReadStream(join(out, tar)).pipe(extract())) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      members.set(entry.header.name, Buffer.concat(chunks));
    }
  }
  expect(members.size).toBe(3 * images);
  for (let index = 0; index < images; index++) {
    const { mean, logvar, record, label } = await store.get(index);
    const key = record.path.replace(/\.png$/, '');
    const { shape, values } = readNpy(members.get(`${key}.npy`) as Buffer);
    expect(shape).toEqual([8, 2, 2]);
    expect(values).toEqual([...channelsFirst(mean), ...channelsFirst(logvar)]);
    expect(JSON.parse(String(members.get(`${key}.json`)))).toMatchObject(record);
    expect(String(members.get(`${key}.cls`))).toBe(String(label));
  }
});

test("DiT's layout: one feature file and one label file per image, scaled", async () => {
  const out = join(folder, 'npy');
  await convert({ format: 'npy', scaled: true, out });
  const { shift, factor } = store.manifest.scaling as { shift: number; factor: number };
  for (let index = 0; index < images; index++) {
    const { mean, label } = await store.get(index);
    const feature = readNpy(await readFile(join(out, 'features', `${index}.npy`)));
    expect(feature).toMatchObject({ dtype: '<f4', shape: [1, 4, 2, 2] });
    expect(feature.values).toEqual(channelsFirst(mean).map((value) => Math.fround((value - shift) * factor)));
    const expected = { dtype: '<i8', shape: [1], values: [label] };
    expect(readNpy(await readFile(join(out, 'labels', `${index}.npy`)))).toEqual(expected);
  }
});

async function unzip(path: string): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(await readFile(path));
  const members = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    members.set(entry.fileName, Buffer.concat(chunks));
  }
  return members;
}

test('npz: a sample of each image, the one that an epoch would draw', async () => {
  const out = join(folder, 'all.npz');
  await convert({ format: 'npz', values: 'sample', seed: 5, out });
  await convert({ format: 'npz', values: 'sample', seed: 5, out: join(folder, 'again.npz') });
  expect(await readFile(out)).toEqual(await readFile(join(folder, 'again.npz')));
  const members = await unzip(out);
  const options = { batch: images, seed: 5, epoch: 0, shuffle: false, sample: 'posterior', scaled: false } as const;
  const { value } = await store.batches(options).next();
  const { shape, values } = readNpy(members.get('latents.npy') as Buffer);
  expect(shape).toEqual([images, 4, 2, 2]);
  const expected = Array.from({ length: images }, (_, index) => value?.latents.subarray(index * 16, index * 16 + 16));
  expect(values).toEqual(expected.flatMap((latent) => channelsFirst(latent as Float32Array)));
  expect(readNpy(members.get('labels.npy') as Buffer)).toEqual({
    dtype: '<i8',
    shape: [images],
    values: [...(value?.labels ?? [])],
  });
});

test('NumPy reads all of them', async ({ skip }) => {
  const run = promisify(execFile);
  const python = await findPython(['numpy']);
  if (python === null) skip('no Python with NumPy: set LATENT_VAE_PYTHON');
  const out = join(folder, 'numpy.npz');
  await convert({ format: 'npz', out });
  const program = [
    'import io, json, sys, tarfile, numpy',
    'folder = sys.argv[1]',
    'with numpy.load(folder + "/numpy.npz") as npz: mean, labels = npz["latents"], npz["labels"]',
    'tar = tarfile.open(folder + "/tars/latents-00001.tar")',
    'moments = numpy.load(io.BytesIO(tar.extractfile([name for name in tar.getnames() if name.endswith(".npy")][0]).read()))',
    'assert (moments[:4] == mean[8]).all() and mean.dtype == numpy.float32 and labels.dtype == numpy.int64',
    'print(json.dumps([mean.shape, labels.tolist(), mean[7].flatten().tolist()]))',
  ].join('\n');
  const { stdout } = await run(python as string, ['-c', program, folder]);
  const [shape, labels, seventh] = JSON.parse(stdout);
  expect(shape).toEqual([images, 4, 2, 2]);
  const { mean } = await store.get(7);
  expect(seventh).toEqual(channelsFirst(mean));
  expect(labels[7]).toBe((await store.get(7)).label);
});

test('headers of every rank end at a multiple of 64 bytes', () => {
  for (const shape of [[1], [3, 4], [1234567, 16, 32, 32]]) expect(npyHeader('<f4', shape).length % 64).toBe(0);
  expect(npyHeader('<f4', [3]).toString('latin1')).toContain("'shape': (3,), }");
});

test('what is there is never overwritten, and contradictions are refused', async () => {
  await expect(convert({ format: 'npy', out: join(folder, 'tars') })).rejects.toThrow(/wanted a new or empty folder/);
  await expect(convert({ format: 'npz', out: join(folder, 'all.npz') })).rejects.toThrow(
    /wanted a file that does not exist/,
  );
  const contradiction = { format: 'npz', values: 'moments', scaled: true, out: join(folder, 'x.npz') } as const;
  await expect(convert(contradiction)).rejects.toThrow(/moments are always raw/);
});
