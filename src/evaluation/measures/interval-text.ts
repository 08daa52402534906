/** Means and their intervals, for people. */
import type { Interval } from './bootstrap.js';

/** `62.8 (60.1 to 65.4)` */
export const intervalText = ({ mean, low, high }: Interval, digits: number): string =>
  `${mean.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

/** Of a share: `47.1 % (42.0 to 52.3)` */
export const percentText = ({ mean, low, high }: Interval): string =>
  `${(100 * mean).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
