import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { commonFolder, matcherOf, searchPatternOf } from '../../../src/data/input/search/patterns.js';

test('a glob matches names with line breaks, and those with a dot where it may', () => {
  const matches = (dot: boolean) => ['a\nb.png', '.a.png', 'c/.d/e.png', 'f.jpg'].map(matcherOf('**/*.png', { dot }));
  expect(matches(true)).toEqual([true, true, true, false]);
  expect(matches(false)).toEqual([true, false, false, false]);
});

test('a glob counts from its fixed part, to the depth where it can match', () => {
  const facts = (glob: string) => {
    const { folder, depth, matches } = searchPatternOf(glob)!;
    return [folder, depth, matches('x.png'), matches('x/b/x.png'), matches('.x.png')];
  };
  expect(facts('/a/b/*.png')).toEqual(['/a/b', 1, true, false, false]);
  expect(facts('/a/*/b/*.png')).toEqual(['/a', 3, false, true, false]);
  expect(facts('/a/**/*.png')).toEqual(['/a', Number.POSITIVE_INFINITY, true, true, false]);
  expect(facts('/a/{b,c/d}/*.png').slice(0, 2)).toEqual(['/a', 3]);
  expect(facts('a/*.png').slice(0, 2)).toEqual([resolve('a'), 1]);
  expect(facts('s3://bucket/a/*.png')).toEqual(['s3://bucket/a', 1, true, false, false]);
  expect(facts('s3://bucket/a/{b,c}/**').slice(0, 2)).toEqual(['s3://bucket/a', Number.POSITIVE_INFINITY]);
  expect(['/a/b.png', 's3://bucket/a'].map(searchPatternOf)).toEqual([undefined, undefined]);
});

test('the deepest folder that holds all', () => {
  expect(commonFolder(['/a/b/c', '/a/b/d', '/a/b'])).toBe('/a/b');
  expect(commonFolder(['/a/b', '/a/bc'])).toBe('/a');
  expect(commonFolder(['/a', '/b'])).toBe('/');
  expect(commonFolder(['/a', '/'])).toBe('/');
  expect(commonFolder(['/a/b'])).toBe('/a/b');
  expect(commonFolder([])).toBe(resolve('.'));
  expect(commonFolder(['s3://bucket/a/b', 's3://bucket/a/c'])).toBe('s3://bucket/a');
});
