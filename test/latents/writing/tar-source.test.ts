import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { openImages } from '../../../src/data/images.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { verifyLatents } from '../../../src/latents/reading/verify.js';
import { type EncodeFolderOptions, encodeFolder } from '../../../src/latents/writing/encode.js';
import { expectRefusedOrRead } from '../../interop/damage.js';
import {
  contentOf,
  encodeTestFolder,
  fakeEncoder,
  imageBytes,
  imageSize,
  temporaryFolder,
  writePicture,
  writePictures,
} from '../fixture.js';

let folder: string;
let pictures: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  pictures = join(folder, 'pictures');
  await writePictures(pictures, 20);
});

interface MemberHeader {
  readonly name: string;
  readonly type?: 'symlink';
  readonly linkname?: string;
}

type Members = [string | MemberHeader, Buffer | string][];

async function writeTar(path: string, members: Members): Promise<void> {
  const tar = pack();
  for (const [header, content] of members) {
    const whole: MemberHeader = typeof header === 'string' ? { name: header } : header;
    tar.entry(whole, whole.type === undefined ? Buffer.from(content) : '');
  }
  tar.finalize();
  await pipeline(tar, createWriteStream(path));
}

const picture = (name: string) => readFile(join(pictures, name));

async function encode(
  tars: string,
  out: string,
  changes: Partial<EncodeFolderOptions & { maxFileBytes: number }> = {},
) {
  const { files, classes, damage } = await openImages(tars, { maxFileBytes: 1e6, ...changes });
  const summary = await encodeFolder({
    files,
    classes,
    encoder: fakeEncoder(),
    out,
    size: imageSize,
    maxPixels: 1e6,
    batch: 4,
    dtype: 'float32',
    mirrored: false,
    shardBytes: 8 * imageBytes,
    retrySkipped: false,
    workers: 0,
    ...changes,
  });
  if (damage[0] !== undefined) throw damage[0];
  return summary;
}

describe('tar shards', () => {
  test('make the latents that the same pictures make in a folder, with classes, and go on after a stop', async () => {
    const members: Members = [];
    const names: string[] = [];
    for (const label of ['cats', 'dogs']) {
      for (const name of (await readdir(join(pictures, label))).sort()) {
        names.push(`${label}/${name}`);
        const key = String(names.length).padStart(6, '0');
        members.push(
          [`${key}.png`, await picture(`${label}/${name}`)],
          [`${key}.json`, '{}'],
          [`${key}.cls`, `${label}\n`],
        );
      }
    }
    const tars = [join(folder, 'train-0.tar'), join(folder, 'train-1.tar')];
    await writeTar(tars[0] as string, members.slice(0, 33));
    await writeTar(tars[1] as string, members.slice(33));
    const both = join(folder, 'train-*.tar');
    const [out, stopped] = [join(folder, 'from-tar'), join(folder, 'from-tar-stopped')];
    expect(await encode(both, out)).toMatchObject({ images: 20, skipped: [] });
    await encodeTestFolder(pictures, join(folder, 'from-folder'));
    const [fromTar, fromFolder] = await Promise.all([openLatents(out), openLatents(join(folder, 'from-folder'))]);
    for (let index = 0; index < 20; index++) {
      const [one, other] = [await fromTar.get(index), await fromFolder.get(index)];
      expect(one.mean).toEqual(other.mean);
      expect(one.record).toEqual({ ...other.record, path: one.path, key: one.path.slice('train-0/'.length, -4) });
      expect(one.label).toBe(other.label);
    }
    expect((await fromTar.get(12)).path).toBe('train-1/000013.png');
    await Promise.all([fromTar.close(), fromFolder.close()]);
    const stop = new AbortController();
    await encode(both, stopped, { signal: stop.signal, encoder: fakeEncoder({ onBatch: () => stop.abort() }) });
    await encode(both, stopped);
    expect(await contentOf(stopped)).toEqual(await contentOf(out));
  });

  test('hostile members are skipped with a reason, and nothing is written outside the store', async () => {
    const out = join(folder, 'hostile', 'deep', 'store');
    await mkdir(join(folder, 'hostile', 'deep'), { recursive: true });
    const png = await picture('cats/000.png');
    const huge = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const tar = join(folder, 'hostile.tar');
    await writeTar(tar, [
      ['../../x.png', png],
      ['/etc/y.png', png],
      ['a\\..\\z.png', png],
      ['bomb.png', huge],
      ['large.png', Buffer.alloc(2e6)],
      ['nested.svg', `${'<svg xmlns="http://www.w3.org/2000/svg">'.repeat(10_000)}`],
      ['svg.png', `${'<svg xmlns="http://www.w3.org/2000/svg">'.repeat(10_000)}`],
      [{ name: 'link.png', type: 'symlink', linkname: '/etc/passwd' }, ''],
      ['good.png', png],
    ]);
    const { images, skipped } = await encode(tar, out);
    expect(images).toBe(1);
    expect(Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]))).toEqual({
      'hostile/../../x.png': expect.stringMatching(/leads out of the folder/),
      'hostile//etc/y.png': 'its path is absolute or has empty parts',
      'hostile/a\\..\\z.png': expect.stringMatching(/has a backslash/),
      'hostile/bomb.png': expect.stringMatching(/larger than the limit of 1000000 px/),
      'hostile/large.png': 'larger than the limit of 1000000 bytes (--max-file-bytes)',
      'hostile/svg.png': expect.stringMatching(/SVG is not read/),
      'hostile/link.png': 'is a symlink, not a file',
    });
    expect(await readdir(join(folder, 'hostile'))).toEqual(['deep']);
    expect(await readdir(join(folder, 'hostile', 'deep'))).toEqual(['store']);
    expect(await verifyLatents(out)).toEqual([]);
    const raised = await encode(tar, out, { maxPixels: 1e8, maxFileBytes: 1e8, retrySkipped: true });
    expect(raised.images).toBe(2);
  });

  test('40 damaged ones are read as far as they go, or refused in a sentence', async () => {
    const tar = join(folder, 'sound.tar');
    await writePicture(pictures, 'cats/000.png');
    await writeTar(tar, [
      ['0.png', await picture('cats/000.png')],
      ['0.cls', '3'],
      ['1.png', await picture('cats/003.png')],
    ]);
    let run = 0;
    await expectRefusedOrRead(tar, join(folder, 'damaged.tar'), 40, async (path) => {
      const { images, skipped } = await encode(path, join(folder, 'damaged', String(run++)));
      expect(images + skipped.length).toBeLessThanOrEqual(4);
    });
    await writeFile(join(folder, 'text.tar'), 'no tar at all'.repeat(100));
    await expect(encode(join(folder, 'text.tar'), join(folder, 'text'))).rejects.toThrow(
      /Cannot read .*text\.tar to its end/,
    );
    await expect(encode(join(folder, 'none.tar'), join(folder, 'none'))).rejects.toThrow(/none\.tar/);
  });

  test('one that was cut off between two members is told of: nothing else shows it', async () => {
    const tar = join(folder, 'between.tar');
    await writeTar(tar, [
      ['0.png', await picture('cats/000.png')],
      ['1.png', await picture('cats/003.png')],
    ]);
    expect((await openImages(tar)).leftOut).toEqual([]);
    const bytes = await readFile(tar);
    const second = bytes.indexOf('1.png');
    await writeFile(tar, bytes.subarray(0, second));
    const { files, leftOut, damage } = await openImages(tar);
    expect([files.length, damage, leftOut.map(({ kind }) => kind)]).toEqual([1, [], ['end of a tar without its mark']]);
  });

  test('of one name in two folders are told apart', async () => {
    const png = await picture('cats/000.png');
    await mkdir(join(folder, 'same/a'), { recursive: true });
    await mkdir(join(folder, 'same/b'), { recursive: true });
    await writeTar(join(folder, 'same/a/x.tar'), [['0.png', png]]);
    await writeTar(join(folder, 'same/b/x.tar'), [['0.png', png]]);
    const { files } = await openImages(join(folder, 'same'));
    expect(files.map(({ relativePath }) => relativePath)).toEqual(['a/x/0.png', 'b/x/0.png']);
  });
});
