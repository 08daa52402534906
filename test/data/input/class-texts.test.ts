import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { classesOf, classOfFolders, classOfText } from '../../../src/data/input/labels.js';

const of = (text: string | Buffer) => classOfText(Buffer.from(text as string), 'a.cls');

test('the text of a .cls file is a name, a number, none, or refused', () => {
  expect(of(' owl \n')).toStrictEqual({ name: 'owl' });
  expect(of('007\n')).toStrictEqual({ name: '7' });
  expect(of('999999999999999')).toStrictEqual({ name: '999999999999999' });
  // Beyond 15 digits a number could not be told from its neighbours.
  expect(of('0000000000000001')).toStrictEqual({ name: '0000000000000001' });
  expect(of('-1')).toStrictEqual({});
  expect(of(' \n')).toStrictEqual({ refusal: 'a.cls is empty, wanted a class' });
  expect(of(Buffer.from([0xff]))).toStrictEqual({ refusal: 'a.cls is no UTF-8 text' });
});

test('the class of a picture in folders is the folder at the depth, or its last, or all of them', () => {
  const folders = ['train', 'cat', 'a'];
  expect([0, 1, 2, 3, 4].map((depth) => classOfFolders(folders, depth))).toEqual([
    'train/cat/a',
    'train',
    'cat',
    'a',
    'a',
  ]);
  expect([0, 1].map((depth) => classOfFolders([], depth))).toEqual([undefined, undefined]);
});

test('numbers of .cls files are the numbers of classes, up to 99999', () => {
  const files = (...labels: (string | undefined)[]) =>
    labels.map((label, at) => ({ path: '', relativePath: `${at}.png`, ...(label !== undefined && { label }) }));
  expect(classesOf(files('2', undefined, '0'), true)).toEqual(['0', '1', '2']);
  expect(classesOf(files('2', '10', '2'), false)).toEqual(['10', '2']);
  expect(classesOf(files('owl', 'cat'), true)).toEqual(['cat', 'owl']);
  expect(classesOf(files(undefined), true)).toEqual([]);
  expect(classesOf(files('0'), true)).toEqual(['0']);
  expect(() => classesOf(files('1', 'cat'), true)).toThrow(
    'Got class numbers (such as 1) and class names (such as cat)',
  );
  expect(classesOf(files('99999'), true)).toHaveLength(100_000);
  expect(() => classesOf(files('100000'), true)).toThrow('Got the class number 100000 in a .cls file, wanted at most');
});
