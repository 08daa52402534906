/** Networks from their files, and what files of other networks are told. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { loadPerceptualLoss, loadPhotoFeatures } from '../../../src/losses/perceptual/load.js';
import { lpipsWeightFiles } from '../../../src/losses/perceptual/weight-files.js';
import { useCpu } from '../../engine/compare.js';

beforeAll(useCpu);

test('the builtin network comes with the package', async () => {
  const { kind, parameters } = await loadPerceptualLoss('builtin', '/nowhere');
  expect(kind).toBe('builtin');
  expect([...(parameters.get('stages.0.conv.bias')?.dataSync() ?? [])].some((value) => value !== 0)).toBe(true);
});

test('a file of another network is refused by the name of what it lacks, or by its shape', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'features-')), 'weights.safetensors');
  const filter = (channels: number) => ({
    name: 'stages.0.conv.weight',
    dtype: 'F32' as const,
    shape: [16, channels, 3, 3],
    data: new Float32Array(16 * channels * 9),
  });
  await writeSafetensors(path, []);
  await expect(loadPhotoFeatures(path)).rejects.toThrow(
    'weights.safetensors have no weight stages.0.conv.weight: they',
  );
  await writeSafetensors(path, [filter(3)]);
  await expect(loadPhotoFeatures(path)).rejects.toThrow('have no weight stages.0.conv.bias');
  await writeSafetensors(path, [filter(4)]);
  await expect(loadPhotoFeatures(path)).rejects.toThrow('the file belongs to another network');
  await rm(path);
});

test('files are as large as their servers say', () => {
  const bytes = Object.entries(lpipsWeightFiles).map(([name, { trunk, heads }]) => {
    return [name, trunk.sizeMegabytes, Math.round(1e6 * heads.sizeMegabytes)];
  });
  expect(bytes).toEqual([
    ['vgg', expect.closeTo(553.433881, 0), 7289],
    ['alex', expect.closeTo(244.408911, 0), 6009],
    ['squeeze', expect.closeTo(4.9664, 0), 10_811],
  ]);
});
