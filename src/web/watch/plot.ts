/** The drawing of a chart. */
import * as Plot from '@observablehq/plot';
import { isLogarithmic, type Scale, type StepAxis } from './axes.js';
import type { WatchedChart, WatchedPoint } from './protocol.js';

export const lineColor = (index: number) => `var(--model-${index % 16})`;

/** Neighbours differ by more than their colour. */
export const lineDashes = (index: number) => ['none', '7 3', '2 3', '9 3 2 3'][index % 4] as string;

export interface ChartLook {
  readonly widthPx: number;
  readonly axis: StepAxis;
  readonly scale: Scale;
  /** The step at which figures are read, marked by a rule; undefined for the last. */
  readonly readAt: number | undefined;
}

const faint = 'var(--line)';
const ink = 'var(--ink)';

export function drawChart({ title, lines }: WatchedChart, { widthPx, axis, scale, readAt }: ChartLook) {
  const x = ([step]: WatchedPoint) => axis.at(step);
  const isLog = isLogarithmic(scale, lines);
  const svg = Plot.plot({
    width: widthPx,
    height: 220,
    marginLeft: 56,
    marginRight: 14,
    marginTop: 12,
    marginBottom: 36,
    ariaLabel: title,
    style: { fontSize: '12px' },
    x: { label: axis.label, labelArrow: 'none', labelAnchor: 'center', nice: true, ticks: Math.max(2, widthPx / 90) },
    y: { type: isLog ? 'log' : 'linear', label: null, nice: true, ticks: 5, ...(isLog && { tickFormat: shortNumber }) },
    marks: [
      Plot.gridY({ stroke: faint, strokeOpacity: 1, ticks: 5 }),
      ...lines.flatMap(({ points }, index) => [
        Plot.areaY(points, {
          x,
          y1: ([, , low]) => low,
          y2: ([, , , high]) => high,
          fill: lineColor(index),
          fillOpacity: 0.18,
        }),
        Plot.lineY(points, {
          x,
          y: ([, mean]) => mean,
          stroke: lineColor(index),
          strokeWidth: 1.8,
          strokeDasharray: lineDashes(index),
        }),
        ...(points.length <= 40
          ? [Plot.dot(points, { x, y: ([, mean]) => mean, r: 2.5, fill: lineColor(index) })]
          : []),
      ]),
      ...(readAt === undefined ? [] : [Plot.ruleX([axis.at(readAt)], { stroke: ink, strokeDasharray: '3,3' })]),
    ],
  });
  svg.setAttribute('role', 'img');
  return svg;
}

/** As a person reads it: four digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(size < 1e-3 ? 1 : 3).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

/** The point at or before a step, or the first one. */
export function pointAt(points: readonly WatchedPoint[], step: number | undefined): WatchedPoint | undefined {
  if (step === undefined) return points.at(-1);
  return points.findLast(([at]) => at <= step) ?? points[0];
}
