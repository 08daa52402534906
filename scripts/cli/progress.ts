/** Progress on stderr: a bar on a terminal, now and then a line elsewhere. */
import { SingleBar } from 'cli-progress';
import { formatSeconds } from '../../src/quantities.js';
import { isSilenced, note, setLiveLine } from './output.js';

export interface Progress {
  /** @param done 0 to 1 @param facts short figures to show beside the bar */
  update(done: number, secondsLeft: number, facts: Readonly<Record<string, string>>): void;
  stop(): void;
}

/** In a file nobody reads hundreds of lines: the longer it takes, the rarer they get. */
const secondsBetweenLines = { first: 15, shareOfElapsed: 0.1, most: 600 };

export function startProgress(task: string): Progress {
  if (isSilenced()) return { update() {}, stop() {} };
  return process.stderr.isTTY ? barProgress(task) : lineProgress(task);
}

function barProgress(task: string): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${task} {bar} {percentage}% | {facts} | {left} left`,
    barsize: 24,
    hideCursor: true,
    // A line printed above it wipes it.
    forceRedraw: true,
    // An interrupt is the command's business: it finishes its step and saves.
    gracefulExit: false,
  });
  // Begins with its first figures, below what was told before.
  let isStarted = false;
  return {
    update(done, secondsLeft, facts) {
      const figures = { facts: formatFacts(facts), left: formatSeconds(secondsLeft) };
      if (isStarted) return bar.update(done, figures);
      isStarted = true;
      bar.start(1, done, figures);
      setLiveLine({ clear: () => process.stderr.write('\r\u001b[K'), draw: () => bar.render() });
    },
    stop() {
      setLiveLine(undefined);
      bar.stop();
    },
  };
}

function lineProgress(task: string): Progress {
  const start = performance.now();
  let last = start;
  return {
    update(done, secondsLeft, facts) {
      const now = performance.now();
      const { first, shareOfElapsed, most } = secondsBetweenLines;
      if (now - last < 1000 * Math.max(first, Math.min(most, (shareOfElapsed * (last - start)) / 1000))) return;
      last = now;
      note(`${task} ${Math.round(done * 100)}% | ${formatFacts(facts)} | ${formatSeconds(secondsLeft)} left`);
    },
    stop() {},
  };
}

function formatFacts(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
