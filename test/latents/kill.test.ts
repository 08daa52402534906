import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { randomStream } from '../../src/random.js';
import { bundle } from '../bundle.js';
import { contentOf, encodeTestFolder, temporaryFolder, writePictures } from './fixture.js';
import { runWithKills } from './kill.js';

const images = 240;
const batch = 4;
/** More of them take longer: LATENT_VAE_KILLS=30 npx vitest run test/latents/kill.test.ts */
const wantedKills = Number(process.env.LATENT_VAE_KILLS ?? 10);

test('a run that is killed again and again ends with the same bytes as one that was not', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await writePictures(pictures, images, ['dogs/000.png', 'cats/040.png', 'dogs/zzz.png']);
  const undisturbed = join(folder, 'undisturbed');
  await encodeTestFolder(pictures, undisturbed);
  const program = await bundle(fileURLToPath(new URL('./kill-child.ts', import.meta.url)));
  const killed = join(folder, 'killed');
  const { kills, batches } = await runWithKills(program, [pictures, killed], wantedKills, randomStream('kills'));
  expect(await contentOf(killed)).toEqual(await contentOf(undisturbed));
  expect(await verifyLatents(killed)).toEqual([]);
  expect(kills).toBe(wantedKills);
  // Only the batch that a kill interrupted, and the one that waited to be written, may be encoded again.
  expect(batches).toBeLessThanOrEqual(images / batch + 2 * kills);
}, 600_000);
