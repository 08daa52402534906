/** Globs of object stores find what fast-glob finds in a folder. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openImages } from '../../src/data/images.js';
import { searchPatternOf } from '../../src/data/input/search/patterns.js';
import { putObject } from '../../src/storage/s3/objects.js';
import { clientAt, credentials, startS3, type TestServer } from './s3-server.js';

const names = ['photos/a/1.png', 'photos/a/2.jpg', 'photos/b/3.png', 'photos/b/deep/4.png', 'other/5.png'];
let server: TestServer;

beforeAll(async () => {
  server = await startS3('data');
  Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: server.url });
  for (const name of names) await putObject(clientAt(server.url), name, Buffer.from('no picture is read here'));
});
afterAll(() => server[Symbol.asyncDispose]());

test.each([
  ['s3://data/photos/*/*.png', ['a/1.png', 'b/3.png']],
  ['s3://data/photos/**/*.png', ['a/1.png', 'b/3.png', 'b/deep/4.png']],
  ['s3://data/{photos/a,other}/*', ['other/5.png', 'photos/a/1.png', 'photos/a/2.jpg']],
  ['s3://data/photos/b', ['3.png', 'deep/4.png']],
  ['s3://data/*/*.png', ['other/5.png']],
])('%s', async (glob, found) => {
  const { files } = await openImages(glob, { size: 8, maxPixels: 2 ** 20 } as never);
  expect(files.map(({ relativePath }) => relativePath).sort()).toEqual(found);
});

test('objects without an ending are images by their content', async () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\n'.padEnd(200, '\0'), 'latin1');
  for (const [name, content] of Object.entries({
    photo: png,
    short: png.subarray(0, 8),
    empty: '',
    text: 'no picture',
  })) {
    await putObject(clientAt(server.url), `heads/${name}`, Buffer.from(content as string));
  }
  const { files, leftOut } = await openImages('s3://data/heads');
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['photo', 'short']);
  expect(leftOut).toEqual([{ kind: 'no ending', files: 2, examples: ['empty', 'text'] }]);
  expect((await openImages('s3://data/heads/short')).files).toMatchObject([{ relativePath: 'short' }]);
});

test('begin where no name is fixed any more', () => {
  expect(searchPatternOf('s3://data/tars/*.tar')?.folder).toBe('s3://data/tars');
  expect(searchPatternOf('s3://data/{a/b,a/c}/x-{1,2}.tar')?.folder).toBe('s3://data/a');
  expect(searchPatternOf('s3://data/tars')).toBeUndefined();
});
