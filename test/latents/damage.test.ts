import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256Of, sha256OfFile } from '../../src/digest.js';
import { openSafetensors, writeSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { type Manifest, readManifest, writeManifest } from '../../src/latents/format/manifest.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { expectRefusedOrRead } from '../interop/damage.js';
import { encodeTestFolder, temporaryFolder, writePictures } from './fixture.js';

let folder: string;
let sound: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), 13, ['dogs/bad.png']);
  sound = join(folder, 'sound');
  await encodeTestFolder(join(folder, 'pictures'), sound);
});

async function readAll(path: string): Promise<void> {
  const store = await openLatents(path);
  try {
    for (let index = 0; index < store.length; index++) await store.get(index);
    const options = { batch: 5, seed: 0, epoch: 0, shuffle: true, sample: 'posterior', scaled: true } as const;
    for await (const batch of store.batches(options)) expect(batch.latents.length).toBe(batch.indices.length * 16);
  } finally {
    await store.close();
  }
}

describe('200 damaged files: each is reported by verify, and read or refused in a sentence', () => {
  test.each([
    ['manifest.json', 80],
    ['latents-00001.safetensors', 50],
    ['latents-00000.json', 50],
    ['skipped.jsonl', 20],
  ])('%s', async (file, count) => {
    const damaged = join(folder, `damaged-${file}`);
    await cp(sound, damaged, { recursive: true });
    const original = await readFile(join(sound, file), 'latin1');
    await expectRefusedOrRead(join(sound, file), join(damaged, file), count, async (scratch) => {
      const problems = await verifyLatents(damaged);
      const now = await readFile(scratch, 'latin1');
      // The manifest's hash is of what it says, the others' is of their bytes.
      if (file === 'manifest.json' ? sameContent(now, original) : now === original) expect(problems).toEqual([]);
      else expect(problems, `${now.slice(0, 300)}`).not.toEqual([]);
      for (const problem of problems) expect(problem).toMatch(/^[^\n]+\.$/);
      await readAll(damaged);
    });
  });
});

/** White space between the parts of a document is nobody's concern. */
function sameContent(a: string, b: string): boolean {
  try {
    return a === b || JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}

describe('a store that somebody forged with care, hashes and all, is refused', () => {
  let forged: string;
  let shard: Manifest['shards'][number];

  /** Makes a copy of the store, lets `forge` change its files, and seals it again. */
  async function forge(name: string, change: (path: string) => Promise<Partial<Manifest> | undefined>): Promise<void> {
    forged = join(folder, name);
    await cp(sound, forged, { recursive: true });
    const manifest = await readManifest(forged);
    shard = manifest.shards[0] as typeof shard;
    const changes = await change(forged);
    for (const { latents, index } of manifest.shards) {
      for (const file of [latents, index]) {
        const content = await readFile(join(forged, file.file));
        file.sizeBytes = content.length;
        file.sha256 = await sha256OfFile(join(forged, file.file));
      }
    }
    await writeManifest(forged, { ...manifest, ...changes });
  }

  const rewriteIndex = async (path: string, change: (index: { images: Record<string, unknown>[] }) => void) => {
    const file = join(path, 'latents-00000.json');
    const index = JSON.parse(await readFile(file, 'utf8'));
    change(index);
    await writeFile(file, JSON.stringify(index));
    return undefined;
  };

  test.each(['../../etc/passwd', '/etc/passwd', 'a/../../b.png', 'C:\\b.png', 'c:/b.png', 'a//b.png', '', 'a\0.png'])(
    'the path %j',
    async (path) => {
      await forge('forged-path', (store) =>
        rewriteIndex(store, ({ images }) => {
          (images[2] as { path: string }).path = path;
        }),
      );
      await expect(readAll(forged)).rejects.toThrow(/images\[2\]\.path: .* wanted a path inside the store/);
      expect(await verifyLatents(forged)).toHaveLength(1);
    },
  );

  test('more images than there are bytes', async () => {
    await forge('forged-count', async () => {
      shard.images = 1e15;
      return { images: 1e15 + 5 };
    });
    await expect(openLatents(forged)).rejects.toThrow(/too small for 1000000000000000 latents/);
  });

  test('a shard outside the store', async () => {
    await forge('forged-shard', async () => undefined);
    const text = await readFile(join(forged, 'manifest.json'), 'utf8');
    const { sha256: _, ...manifest } = JSON.parse(text.replace('latents-00000.safe', '../sound/latents-00000.safe'));
    const sealed = { ...manifest, sha256: sha256Of(JSON.stringify(manifest)) };
    await writeFile(join(forged, 'manifest.json'), JSON.stringify(sealed));
    await expect(openLatents(forged)).rejects.toThrow(/wanted latents-00000\.safetensors/);
  });

  async function rewriteTensors(path: string, change: (name: string, bytes: Uint8Array<ArrayBuffer>) => void) {
    const file = await openSafetensors(join(path, 'latents-00000.safetensors'));
    const tensors = [];
    for (const { name, dtype, shape } of file.entries.values()) {
      const data = await file.readBytes(name);
      change(name, data);
      tensors.push({ name, dtype, shape, data });
    }
    await file.close();
    await writeSafetensors(join(path, 'latents-00000.safetensors'), tensors, { format: 'pt' });
    return undefined;
  }

  test('values that are not finite', async () => {
    await forge('forged-value', (path) =>
      rewriteTensors(path, (name, bytes) => {
        if (name === 'logvar') new Float32Array(bytes.buffer)[40] = Number.NaN;
      }),
    );
    expect(await verifyLatents(forged)).toEqual([
      expect.stringMatching(/latents-00000\.safetensors: logvar of image 2 has the value NaN\.$/),
    ]);
  });

  test('labels and statistics of other images', async () => {
    await forge('forged-label', (path) =>
      rewriteTensors(path, (name, bytes) => {
        if (name === 'label') new BigInt64Array(bytes.buffer)[1] = 7n;
      }),
    );
    expect(await verifyLatents(forged)).toEqual([expect.stringMatching(/image 1 has the label 7/)]);
    await forge('forged-mean', (path) =>
      rewriteTensors(path, (name, bytes) => {
        if (name === 'mean') new Float32Array(bytes.buffer)[0] = 0.25;
      }),
    );
    expect(await verifyLatents(forged)).toEqual([
      expect.stringMatching(/row 0 is not the latent that was encoded of cats\/000\.png/),
    ]);
    await forge('forged-moments', async (path) => {
      await rewriteTensors(path, (name, bytes) => {
        if (name === 'mean') new Float32Array(bytes.buffer)[0] = 0.25;
      });
      // As stores of earlier versions are, which did not keep the hashes of latents.
      return rewriteIndex(path, ({ images }) => {
        for (const image of images) delete image.latentSha256;
      });
    });
    expect(await verifyLatents(forged)).toEqual([expect.stringMatching(/moments of other latents/)]);
  });

  test('latents in the rows of other images, as two writers at once would leave them', async () => {
    await forge('forged-rows', (path) =>
      rewriteTensors(path, (name, bytes) => {
        if (name === 'label') return;
        const rowBytes = bytes.length / 8;
        const [first, second] = [bytes.slice(0, rowBytes), bytes.slice(rowBytes, 2 * rowBytes)];
        bytes.set(second, 0);
        bytes.set(first, rowBytes);
      }),
    );
    expect(await verifyLatents(forged)).toEqual([expect.stringMatching(/row 0 is not the latent that was encoded of/)]);
  });

  test('a shard that is a folder, and one that is gone', async () => {
    await forge('forged-gone', async () => undefined);
    const { rm } = await import('node:fs/promises');
    await rm(join(forged, 'latents-00001.safetensors'));
    await expect(openLatents(forged)).rejects.toThrow(/latents-00001\.safetensors is missing/);
    await mkdir(join(forged, 'latents-00001.safetensors'));
    expect(await verifyLatents(forged)).toEqual([expect.stringMatching(/latents-00001\.safetensors is missing/)]);
  });
});
