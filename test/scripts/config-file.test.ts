import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigFile } from '../../scripts/cli/options/config-file.js';
import { listOf } from '../../scripts/cli/options/flags.js';
import { makeFolder, write } from '../data/folders.js';

const folder = makeFolder();
const keys = ['learningRate', 'channels', 'steps', 'flip'];
const lists = new Map([['channels', (text: string) => listOf(text, { items: { type: 'integer' } })]]);
const read = (name: string, text: string) => readConfigFile(write(folder, name, text), keys, lists);

it('takes YAML and JSON, names as flags and as in programs, lists either way', async () => {
  const expected = { learningRate: 0.01, channels: [8, 16], flip: false };
  expect(await read('a.yaml', '# of ours\nlearning-rate: 1e-2\nchannels: 8, 16\nflip: false\n')).toEqual(expected);
  const json = JSON.stringify({ learningRate: 0.01, channels: [8, 16], flip: false });
  expect(await read('a.json', json)).toEqual(expected);
  expect(await read('empty.yaml', '')).toEqual({});
});

it.each([
  ['stps: 3', /stps, which is no option: did you mean steps\?$/],
  ['nothing-like-it: 3', /which is no option; --help has them all\.$/],
  ['learning-rate: 1\nlearningRate: 2', /has --learning-rate twice/],
  ['- 3', /holds no options/],
  ['a: [1', /neither YAML nor JSON: [^\n]+\.$/],
])('%j is refused in a sentence', async (text, says) => {
  await expect(read('bad.yaml', text)).rejects.toThrow(says);
});

it('a file that is not there is named', async () => {
  await expect(readConfigFile(join(folder, 'none.yaml'), keys, new Map())).rejects.toThrow(
    /none\.yaml, which cannot be read/,
  );
});
