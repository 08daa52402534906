import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import { newFolder } from '../../e2e/latent-vae.js';

let folder: string;
let shipped: { model: object };
beforeAll(async () => {
  folder = await newFolder();
  shipped = JSON.parse(await readFile('weights/tokenizers/photo-f8/config.json', 'utf8'));
});

/** A refusal is one short sentence, whatever the forged file holds. */
async function refusalOf(text: string): Promise<string> {
  const path = join(folder, 'forged');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'config.json'), text);
  const error = await openImportedModel(path).catch((reason: unknown) => reason);
  expect(error).toHaveProperty('name', 'UserError');
  const { message } = error as Error;
  expect(message.length).toBeLessThan(500);
  return message;
}

const most = 65536;
test.each([
  [{ layersPerBlock: 1e9 }, 'layersPerBlock: got 1000000000, wanted at most 256'],
  [{ blockOutChannels: [1e9, 16] }, `blockOutChannels[0]: got 1000000000, wanted at most ${most}`],
  [{ blockOutChannels: Array(1e5).fill(16) }, 'wanted at most 17 of them'],
  [{ imageSize: 1e9 }, `imageSize: got 1000000000, wanted at most ${most}`],
  [{ latentChannels: 1e9 }, 'latentChannels: got 1000000000'],
  [{ encoderLayers: [1e9, 1] }, 'encoderLayers[0]: got 1000000000'],
  [{ normNumGroups: 1e9 }, 'normNumGroups: got 1000000000'],
])('a forged config.json is refused', async (changes, wanted) => {
  expect(await refusalOf(JSON.stringify({ ...shipped, model: { ...shipped.model, ...changes } }))).toContain(wanted);
});

test.each(['[', '{"model":'])('JSON that nests %s a million levels deep is refused', async (opening) => {
  expect(await refusalOf(opening.repeat(1e6))).toContain('nests more than 64 levels deep');
});
