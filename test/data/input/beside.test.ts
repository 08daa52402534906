import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { companionNames, companionsAmong, readText, stemsOf } from '../../../src/data/input/beside/companions.js';
import { isMetadataTable, readMetadataTables } from '../../../src/data/input/beside/metadata-table.js';
import type { ImageSource } from '../../../src/data/input/image-file.js';
import { UnreadableImage } from '../../../src/data/skipped.js';
import { UserError } from '../../../src/errors.js';

const held = (content: string | Buffer, path = ''): ImageSource => ({
  path,
  location: { read: async () => Buffer.from(content as string) },
});

test('what may stand beside an image has its name without the ending, up to the first dot, or with the ending', () => {
  expect(stemsOf('a.b/v1.0.png')).toEqual(['a.b/v1.0', 'a.b/v1']);
  expect(stemsOf('0.png')).toEqual(['0']);
  expect(companionNames('v1.0.png')).toEqual({
    captions: ['v1.0', 'v1', 'v1.0.png'].flatMap((stem) => [
      `${stem}.txt`,
      `${stem}.TXT`,
      `${stem}.caption`,
      `${stem}.CAPTION`,
    ]),
    metadata: ['v1.0', 'v1', 'v1.0.png'].flatMap((stem) => [`${stem}.json`, `${stem}.JSON`]),
  });
});

test('of several companions the first counts, and only those that count are used', () => {
  const there = new Map(['a.txt', 'a.png.txt', 'a.JSON'].map((name) => [name, held('', name)]));
  const used: string[] = [];
  const find = (name: string) => there.get(name);
  expect(companionsAmong('a.png', find, (name) => used.push(name))).toStrictEqual({
    caption: there.get('a.txt'),
    metadata: there.get('a.JSON'),
  });
  expect(used).toEqual(['a.txt', 'a.JSON']);
  expect(companionsAmong('b.png', find, (name) => used.push(name))).toStrictEqual({});
  expect(used).toHaveLength(2);
});

test('the caption is that of the text file, else of the metadata; they are those of the file, else of the line', async () => {
  expect(await readText({})).toBeUndefined();
  expect(await readText({ caption: held('\ufeff a cat\n') })).toStrictEqual({ caption: 'a cat' });
  expect(await readText({ caption: held('') })).toStrictEqual({ caption: '' });
  const line = '{"caption": 1, "text": "from a line"}';
  expect(await readText({ line })).toStrictEqual({ caption: 'from a line', metadata: JSON.parse(line) });
  expect(await readText({ line, metadata: held('\ufeff{"n": 1}') })).toStrictEqual({ metadata: { n: 1 } });
  expect(await readText({ line, caption: held('mine') })).toMatchObject({ caption: 'mine', metadata: { caption: 1 } });
  expect(await readText({ line: '{"caption": "first", "text": "second"}' })).toMatchObject({ caption: 'first' });
  expect(await readText({ metadata: held('null') })).toStrictEqual({ metadata: null });
  expect(await readText({ metadata: held('7') })).toStrictEqual({ metadata: 7 });
  expect(await readText({ metadata: held('["text"]') })).toStrictEqual({ metadata: ['text'] });
});

test('companions that are not what they should be are the fault of their image', async () => {
  await expect(readText({ metadata: held('{') })).rejects.toThrow(
    new UnreadableImage('its JSON file is not JSON: mend or remove it'),
  );
  const latin1 = Buffer.from('é', 'latin1');
  await expect(readText({ metadata: held(latin1) })).rejects.toThrow(/^its JSON file is no UTF-8 text/);
  await expect(readText({ caption: held(latin1) })).rejects.toThrow(/^its caption is no UTF-8 text/);
});

const tablesOf = (tables: Readonly<Record<string, string | Buffer>>) =>
  readMetadataTables(
    Object.entries(tables).map(([relativePath, content]) => ({ relativePath, source: held(content, relativePath) })),
  );

test('tables tell of the images below them, those of others are foreign', async () => {
  const { lines, foreign } = await tablesOf({
    'metadata.jsonl': '\ufeff{"file_name": "././a.png", "n": 1}\r\n  \n{"file_name": "b/c.png"}',
    'b/metadata.csv': 'file_name,text\n\nd.png,"a, b"\n',
    'c/metadata.csv': 'id,split\n1,train\n',
  });
  expect([...lines].map(([path, line]) => [path, JSON.parse(line)])).toEqual([
    ['a.png', { file_name: '././a.png', n: 1 }],
    ['b/c.png', { file_name: 'b/c.png' }],
    ['b/d.png', { file_name: 'd.png', text: 'a, b' }],
  ]);
  expect(foreign).toEqual(['c/metadata.csv']);
  expect(['metadata.csv', 'a/metadata.jsonl', 'my-metadata.csv', 'metadata.csv/a'].map(isMetadataTable)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test.each([
  ['{"file_name": 7}', 'metadata.jsonl, image 1: file_name names no image'],
  ['{"file_name": "a"}\n{"file_name": ""}', 'metadata.jsonl, image 2: file_name names no image'],
  ['{"file_name": "a"}\nnull', 'metadata.jsonl, image 2: file_name names no image'],
  ['{"file_name": "a"}\n{"file_name": "./a"}', 'metadata.jsonl, image 2: a was told of before'],
  ['{"file_name": "a"}\n\n{', 'metadata.jsonl cannot be read (image 2 is not JSON)'],
  [Buffer.from('{"file_name": "é"}', 'latin1'), 'metadata.jsonl cannot be read (it is no UTF-8 text)'],
])('%s is refused', async (content, message) => {
  const failing = tablesOf({ 'metadata.jsonl': content });
  await expect(failing).rejects.toThrow(UserError);
  await expect(failing).rejects.toThrow(message);
});
