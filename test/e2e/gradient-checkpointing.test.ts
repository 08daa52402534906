/** `train --gradient-checkpointing`: the same model from less memory. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { latentVaeJson, newFolder, readLines } from './latent-vae.js';

let folder: string;

/** Has a process of Node write down the most memory that it ever had resident, in KiB. */
const memoryWriter = `
import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));
`;

beforeAll(async () => {
  folder = await newFolder();
  await writeSyntheticImages(join(folder, 'images'), { images: 24, size: 128, seed: 1 });
  await writeFile(join(folder, 'memory-writer.mjs'), memoryWriter);
});

async function train(name: string, ...more: string[]): Promise<{ run: string; peakKiB: number }> {
  const run = join(folder, name);
  const peakFile = join(folder, `${name}.peak`);
  const size = ['--size', '128', '--batch', '8', '--steps', '3', '--validation-images', '1'];
  const options = ['--preset', 'kl-f8-tiny', '--objective', 'mse', ...size];
  const env = {
    NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'memory-writer.mjs'))}`,
    PEAK_FILE: peakFile,
  };
  await latentVaeJson(['train', join(folder, 'images'), '--out', run, ...options, ...more], { env });
  return { run, peakKiB: Number(await readFile(peakFile, 'utf8')) };
}

test('less memory, the same log and weights', async () => {
  const plain = await train('plain');
  const checkpointed = await train('checkpointed', '--gradient-checkpointing');
  expect(await readLines(join(checkpointed.run, 'metrics.jsonl'))).toEqual(
    await readLines(join(plain.run, 'metrics.jsonl')),
  );
  const weights = ({ run }: { run: string }) => readFile(join(run, 'model.safetensors'));
  expect((await weights(checkpointed)).equals(await weights(plain))).toBe(true);
  expect(plain.peakKiB).toBeGreaterThan(100_000);
  // 0.79 was measured.
  expect(checkpointed.peakKiB / plain.peakKiB).toBeLessThan(0.9);
});
