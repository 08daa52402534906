/** Progress on stderr: a bar on a terminal, now and then a line elsewhere. */
import { SingleBar } from 'cli-progress';
import { formatSeconds } from '../../src/quantities.js';
import { note } from './output.js';

export interface Progress {
  /** @param done 0 to 1 @param facts short figures to show beside the bar */
  update(done: number, secondsLeft: number, facts: Readonly<Record<string, string>>): void;
  stop(): void;
}

const secondsBetweenLines = 15;

export function startProgress(task: string): Progress {
  return process.stderr.isTTY ? barProgress(task) : lineProgress(task);
}

function barProgress(task: string): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${task} {bar} {percentage}% | {facts} | {left} left`,
    barsize: 24,
    hideCursor: true,
    // An interrupt is the command's business: it finishes its step and saves.
    gracefulExit: false,
  });
  bar.start(1, 0, { facts: '', left: '?' });
  return {
    update: (done, secondsLeft, facts) =>
      bar.update(done, { facts: formatFacts(facts), left: formatSeconds(secondsLeft) }),
    stop: () => bar.stop(),
  };
}

function lineProgress(task: string): Progress {
  let lastLine = performance.now();
  return {
    update(done, secondsLeft, facts) {
      if (performance.now() - lastLine < secondsBetweenLines * 1000) return;
      lastLine = performance.now();
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
