import * as Plot from '@observablehq/plot';
import type { Point } from '../../../evaluation/latent-space/projection.js';
import { draw } from '../charts.js';

/** The colour of a class all over the page. */
export function classColor(index: number): string {
  return `var(--class-${index % 10})`;
}

const sidePx = 260;

/** One dot per image in the colour of its class. There are no axes: positions have no unit. */
export function scatterChart(label: string, points: readonly Point[], classes: readonly number[]): string {
  const dots = points.map(([x, y], index) => ({ x, y, index: classes[index]! }));
  return draw(label, {
    width: sidePx,
    height: sidePx,
    margin: 8,
    ...squareDomains(points),
    marks: [
      Plot.dot(dots, {
        x: 'x',
        y: 'y',
        r: 2.6,
        fill: ({ index }) => classColor(index),
        stroke: 'var(--card)',
        strokeWidth: 0.5,
      }),
    ],
  });
}

/** The same scale across and down, since distances in the picture are compared. */
function squareDomains(points: readonly Point[]): Pick<Plot.PlotOptions, 'x' | 'y'> {
  const range = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  };
  const [across, down] = [range(0), range(1)];
  const half = Math.max(across.half, down.half) || 1;
  const domain = (middle: number): [number, number] => [middle - half, middle + half];
  return { x: { domain: domain(across.middle), axis: null }, y: { domain: domain(down.middle), axis: null } };
}
