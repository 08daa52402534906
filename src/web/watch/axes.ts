/** What the charts' axes count. */
import type { WatchedLine, WatchedRun } from './protocol.js';

/** What stands below the charts. */
export type Across = 'steps' | 'time';
/** How values are spread: `automatic` takes powers of ten where they span more than one. */
export type Scale = 'automatic' | 'linear' | 'logarithmic';

/** Where a step is on the axis. */
export interface StepAxis {
  readonly label: string;
  at(step: number): number;
}

const units = [
  { label: 'seconds of training', seconds: 1, upTo: 180 },
  { label: 'minutes of training', seconds: 60, upTo: 180 * 60 },
  { label: 'hours of training', seconds: 3600, upTo: Number.POSITIVE_INFINITY },
];

export function stepAxis(across: Across, times: WatchedRun['times']): StepAxis {
  const last = times.at(-1);
  if (across === 'steps' || last === undefined) return { label: 'steps', at: (step) => step };
  const { label, seconds } = units.find(({ upTo }) => last[1] <= upTo) ?? units[0]!;
  return { label, at: (step) => secondsAt(step, times) / seconds };
}

/** Between the two known steps around it, on a straight line. */
function secondsAt(step: number, times: WatchedRun['times']): number {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]![0] < step) low = middle + 1;
    else high = middle;
  }
  const [stepAfter, after] = times[low]!;
  const [stepBefore, before] = times[low - 1] ?? [0, 0];
  if (step >= stepAfter) return after;
  return before + ((after - before) * (step - stepBefore)) / (stepAfter - stepBefore);
}

/** A logarithmic scale has no place for what is not above zero. */
export function isLogarithmic(scale: Scale, lines: readonly WatchedLine[]): boolean {
  const all = lines.flatMap(({ points }) => points);
  const [least, most] = [Math.min(...all.map(([, , low]) => low)), Math.max(...all.map(([, , , high]) => high))];
  if (!(least > 0)) return false;
  return scale === 'logarithmic' || (scale === 'automatic' && most / least >= 10);
}
