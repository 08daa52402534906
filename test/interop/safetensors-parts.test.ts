import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TensorToWrite, writeSafetensors } from '../../src/interop/safetensors/safetensors.js';

const values = Float32Array.from({ length: 12 }, (_, index) => index / 7);

async function* parts(sizes: readonly number[]) {
  let start = 0;
  for (const size of sizes) {
    yield new Uint8Array(values.buffer, start, size);
    start += size;
  }
}

const tensor = (data: TensorToWrite['data']): TensorToWrite[] => [{ name: 'x', dtype: 'F32', shape: [3, 4], data }];

test('a tensor in parts makes the same file as a whole one, and too few bytes make none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  await writeSafetensors(join(folder, 'whole'), tensor(values));
  await writeSafetensors(
    join(folder, 'parts'),
    tensor(() => parts([5, 0, 40, 3])),
  );
  expect(await readFile(join(folder, 'parts'))).toEqual(await readFile(join(folder, 'whole')));
  const short = writeSafetensors(
    join(folder, 'short'),
    tensor(() => parts([5, 40])),
  );
  await expect(short).rejects.toThrow('Tensor x: got parts of 45 bytes for F32 [3,4]');
  expect((await readdir(folder)).sort()).toEqual(['parts', 'whole']);
});
