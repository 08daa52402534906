/** SHA-256 of files: what fingerprints, stores and downloads are checked by. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fingerprintOf, sha256Of, sha256OfFile } from '../src/digest.js';
import { UserError } from '../src/errors.js';
import { readRange } from '../src/files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'digest-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3_000_000])('hashes a file of %i bytes', async (size) => {
  const path = join(folder, 'file');
  const bytes = randomBytes(size);
  await writeFile(path, bytes);
  expect(await sha256OfFile(path)).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(await fingerprintOf([path])).toBe(sha256Of(bytes));
  expect(await fingerprintOf([path, path])).toBe(sha256Of(sha256Of(bytes) + sha256Of(bytes)));
});

it('knows the digest of abc (FIPS 180-2, B.1)', () => {
  expect(sha256Of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('says in a sentence that a file is more than memory takes', async () => {
  const path = join(folder, 'file');
  await writeFile(path, 'small');
  await using handle = await open(path);
  const reading = readRange(handle, 0, 2 ** 52, path);
  await expect(reading).rejects.toThrow(UserError);
  await expect(reading).rejects.toThrow(
    `${path}: ${2 ** 52} bytes at once are more than memory takes: read them in slices.`,
  );
});
