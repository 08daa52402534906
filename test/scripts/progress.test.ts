import { afterEach, expect, test, vi } from 'vitest';
import { startProgress } from '../../scripts/cli/progress.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('where nobody sees a bar there are plain lines, and few of them however long it takes', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const progress = startProgress('encoding part 3 of 8');
  const hours = 10;
  for (let second = 0; second < 3600 * hours; second++) {
    vi.advanceTimersByTime(1000);
    progress.update(second / (3600 * hours), 3600 * hours - second, { images: `${second}` });
    // A run of a minute has told something by then.
    if (second === 60) expect(lines).toHaveLength(4);
  }
  progress.stop();
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.length).toBeLessThan(110);
  for (const line of lines) expect(line).toMatch(/^encoding part 3 of 8 \d+% \| images \d+ \| .* left\n$/);
});
