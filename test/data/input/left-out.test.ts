import { expect, test } from 'vitest';
import { leftOutLine, tallyLeftOut } from '../../../src/data/input/left-out.js';

test('kinds are counted with three examples, the most numerous first, then by name', () => {
  const tally = tallyLeftOut();
  for (const name of ['1', '2', '3', '4']) tally.add('.many', name);
  for (const kind of ['.c', '.a', '.b']) tally.add(kind, `one${kind}`);
  tally.add('.heic', 'x');
  tally.add('.heic', 'y', 'convert them');
  tally.add('.heic', 'z', 'not this');
  expect(tally.list()).toStrictEqual([
    { kind: '.many', files: 4, examples: ['1', '2', '3'] },
    { kind: '.heic', files: 3, examples: ['x', 'y', 'z'], advice: 'convert them' },
    { kind: '.a', files: 1, examples: ['one.a'] },
    { kind: '.b', files: 1, examples: ['one.b'] },
    { kind: '.c', files: 1, examples: ['one.c'] },
  ]);
});

test('a line says what, how many, which and what to do', () => {
  expect(leftOutLine({ kind: '.heic', files: 4, examples: ['a', 'new\nline'], advice: 'convert' })).toBe(
    '.heic: 4 (a, new\\nline, …): convert',
  );
  expect(leftOutLine({ kind: '.txt', files: 2, examples: ['a', 'b'] })).toBe('.txt: 2 (a, b)');
});
