import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Writes `value` into the mean of the picture called `name`, where no reader expects it. @returns its path in the store */
export async function spoilLatent(store: string, name: string, value: number): Promise<string> {
  const file = join(store, 'latents-00000.safetensors');
  const shard = await readFile(file);
  const { images } = JSON.parse(await readFile(join(store, 'latents-00000.json'), 'utf8'));
  const row = images.findIndex(({ path }: { path: string }) => path.endsWith(name));
  const headerBytes = Number(shard.readBigUInt64LE(0));
  const { mean } = JSON.parse(shard.subarray(8, 8 + headerBytes).toString());
  expect(mean.dtype).toBe('F32');
  const [first, end] = mean.data_offsets;
  shard.writeFloatLE(value, 8 + headerBytes + first + (row * (end - first)) / images.length);
  await writeFile(file, shard);
  return images[row].path;
}
