import type { Interval } from '../measures/bootstrap.js';
import { formatMeasure, measureGuides, type ShownMeasure } from '../measures/measure-guide.js';

/** `+1.23 dB (1.10 to 1.36)`: a difference with its sign, its unit and its interval. */
export function formatDifference(measure: ShownMeasure, { mean, low, high, count }: Interval): string {
  const { unit } = measureGuides[measure];
  if (count === 0) return '–';
  const range = count < 2 ? '' : ` (${signed(measure, low)} to ${signed(measure, high)})`;
  return `${signed(measure, mean)}${unit && `\u00a0${unit === '%' ? 'points' : unit}`}${range}`;
}

/** With a true minus sign, and a plus before what is above zero. */
export function signed(measure: ShownMeasure, value: number): string {
  const text = formatMeasure(measure, value);
  if (text.startsWith('-')) return `−${text.slice(1)}`;
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}
