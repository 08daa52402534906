/** The suite's verdict: nothing unlisted may fail, nothing listed may be needless, and enough must pass. */
import { describe, expect, it } from 'vitest';
import { keptFromEngine, knownFailures } from './known-failures.js';
import { refusal } from './modes.js';
import type { SpecResult } from './specs.js';
import { isAcceptable, judge, report } from './verdict.js';

const mode = 'with the cpu fallback';
const passing = (count: number): SpecResult[] =>
  Array.from({ length: count }, (_, index) => ({ name: `spec ${index}`, passed: true, messages: [] }));
const failing = (name: string, message = 'Arrays differ'): SpecResult => ({ name, passed: false, messages: [message] });
const listed = knownFailures.map(({ specs }) => failing(`something ${specs}`));

describe('the verdict on the suite', () => {
  it('accepts listed failures beside enough that passes', () => {
    const verdict = judge([...passing(4000), ...listed], mode);
    expect(isAcceptable(verdict)).toBe(true);
    expect(verdict).toMatchObject({ passed: 4000, skipped: knownFailures.length, failed: [], needless: [] });
  });

  it('refuses a failure that is not listed, and names it', () => {
    const verdict = judge([...passing(4000), ...listed, failing('matmul works')], mode);
    expect(isAcceptable(verdict)).toBe(false);
    expect(report(verdict)).toContain('failed: matmul works\n    Arrays differ');
  });

  it('refuses an entry that excuses nothing', () => {
    const verdict = judge([...passing(4000), ...listed.slice(1)], mode);
    expect(isAcceptable(verdict)).toBe(false);
    expect(report(verdict)).toContain(`no longer failing: ${knownFailures[0]?.specs}`);
  });

  it('refuses fewer passes than promised', () => {
    expect(isAcceptable(judge([...passing(3999), ...listed], mode))).toBe(false);
  });

  it('without the fallback, excuses the kernels of the list and no other', () => {
    const kept = [...keptFromEngine.keys()].map((kernel) => failing(`needs ${kernel}`, `Error: ${refusal(kernel)}`));
    const accepted = judge([...passing(3100), ...kept], 'without it');
    expect(isAcceptable(accepted)).toBe(true);
    const broken = judge([...passing(3100), ...kept, failing('adds', `Error: ${refusal('Add')}`)], 'without it');
    expect(broken.failed.map(({ name }) => name)).toEqual(['adds']);
  });
});
