import { describe, expect, test } from 'vitest';
import { causeVerdict, findingOf, linkVerdict } from '../../../src/evaluation/differences/verdict.js';
import type { Interval } from '../../../src/evaluation/measures/bootstrap.js';

const interval = (low: number, high: number): Interval => ({ mean: (low + high) / 2, low, high, count: 100 });
const [more, less, either] = [interval(0.1, 0.3), interval(-0.3, -0.1), interval(-0.1, 0.2)];

test('a difference is better or worse only where its interval leaves out zero', () => {
  expect(findingOf(more, 'higher')).toBe('better');
  expect(findingOf(more, 'lower')).toBe('worse');
  expect(findingOf(less, 'higher')).toBe('worse');
  expect(findingOf(less, 'lower')).toBe('better');
  expect(findingOf(either, 'higher')).toBe('undecided');
  expect(findingOf(interval(0, 0.2), 'higher')).toBe('undecided');
});

describe('taking a cause away', () => {
  test.each([
    ['sharper, and nearer to the original', more, less, 'supported'],
    ['sharper, nearness undecided', more, either, 'supported'],
    ['sharper, nearness unknown', more, undefined, 'supported'],
    ['sharper, but farther from the original', more, more, 'invented'],
    ['sharpness undecided, whatever else', either, less, 'undecided'],
    ['less sharp', less, less, 'reversed'],
  ] as const)('%s', (_, sharpness, perceptual, verdict) => {
    expect(linkVerdict(sharpness, perceptual)).toBe(verdict);
  });
});

test('a cause is supported by all of its places, by some, by none, or denied', () => {
  expect(causeVerdict(['supported', 'supported'])).toBe('supported');
  expect(causeVerdict(['supported', 'undecided'])).toBe('partly supported');
  expect(causeVerdict(['supported', 'reversed'])).toBe('partly supported');
  expect(causeVerdict(['undecided', 'invented'])).toBe('not supported');
  expect(causeVerdict(['undecided', 'reversed'])).toBe('contradicted');
  expect(causeVerdict([])).toBe('not supported');
});
