/** A figure over any number of steps in a list of bounded length. */
import type { WatchedPoint } from '../web/watch/protocol.js';

/** More than a chart has px. */
const mostPoints = 1000;

/** Takes figures step by step. */
export interface Thinned {
  add(step: number, value: number): void;
  points(): WatchedPoint[];
}

/** Begins with a point for every figure; when there are too many, neighbours are joined, and from then on as many steps make one. */
export function createThinned(): Thinned {
  let joined: WatchedPoint[] = [];
  let steps = 1;
  let open: { count: number; sum: number; point: WatchedPoint } | undefined;
  return {
    add(step, value) {
      const [, , low, high] = open?.point ?? [step, value, value, value];
      const [count, sum] = [(open?.count ?? 0) + 1, (open?.sum ?? 0) + value];
      open = { count, sum, point: [step, sum / count, Math.min(low, value), Math.max(high, value)] };
      if (count < steps) return;
      joined.push(open.point);
      open = undefined;
      if (joined.length < mostPoints) return;
      joined = pairs(joined);
      steps *= 2;
    },
    points: () => [...joined, ...(open ? [open.point] : [])],
  };
}

/** @param points as many steps each, an even number of them */
function pairs(points: readonly WatchedPoint[]): WatchedPoint[] {
  return Array.from({ length: points.length / 2 }, (_, pair) => {
    const [, mean, low, high] = points[2 * pair] as WatchedPoint;
    const [step, otherMean, otherLow, otherHigh] = points[2 * pair + 1] as WatchedPoint;
    return [step, (mean + otherMean) / 2, Math.min(low, otherLow), Math.max(high, otherHigh)];
  });
}
