/** Differences with their intervals, one line per change. */
import * as Plot from '@observablehq/plot';
import type { EffectMeasure, LinkEffect } from '../../../evaluation/differences/causes.js';
import { signed } from '../../../evaluation/differences/difference.js';
import { draw, faint, haloed, ink } from '../../page/charts.js';

export function differenceChart(links: readonly LinkEffect[], measure: EffectMeasure): string {
  const points = links.flatMap(({ change, differences }, index) => {
    const difference = differences[measure];
    return difference && Number.isFinite(difference.mean) ? [{ index, change, ...difference }] : [];
  });
  const ends = points.flatMap(({ low, high }) => [low, high]);
  const reach = [Math.min(0, ...ends), Math.max(0, ...ends)] as const;
  const room = (reach[1] - reach[0]) * 0.06 || 1;
  return draw(`Difference in ${measure} of each change`, {
    width: 380,
    height: 30 + 44 * links.length,
    marginLeft: 18,
    marginRight: 52,
    marginTop: 6,
    marginBottom: 24,
    x: { domain: [reach[0] - room, reach[1] + room], label: null, ticks: 5, tickSize: 3 },
    // Two numbers alone would make a continuous scale.
    y: { type: 'point', domain: links.map((_, index) => index), axis: null, padding: 0.6 },
    marks: [
      Plot.gridX({ stroke: faint, strokeOpacity: 1, ticks: 5 }),
      Plot.ruleX([0], { stroke: ink, strokeDasharray: '3,3' }),
      Plot.ruleY(points, { x1: 'low', x2: 'high', y: 'index', stroke: ink, strokeWidth: 2, dy: 9 }),
      Plot.dot(points, { x: 'mean', y: 'index', r: 4, fill: 'var(--accent)', dy: 9 }),
      Plot.text(points, { y: 'index', text: 'change', frameAnchor: 'left', dy: -8, fill: ink }),
      Plot.text(points, {
        x: 'high',
        y: 'index',
        text: ({ mean }) => signed(measure, mean),
        textAnchor: 'start',
        dx: 7,
        dy: 9,
        fontWeight: 600,
        ...haloed,
      }),
    ],
  });
}
