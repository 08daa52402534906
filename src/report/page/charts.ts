/** The page's charts as SVG. Colours are custom properties of the page, so that light, dark and print set theirs. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { ComparisonData, ModelResult } from '../../evaluation/compare.js';
import { formatMeasure, type ShownMeasure } from '../../evaluation/measures/measure-guide.js';
import { detailBands } from '../../evaluation/measures/sharpness/bands.js';
import { intervalOf } from '../columns.js';

const widthPx = 380;
export const ink = 'var(--ink)';
export const faint = 'var(--line)';

/** Figures stay readable where they stand on a line. */
export const haloed = { fill: ink, stroke: 'var(--card)', strokeWidth: 4 } as const;

/** The colour a model has all over the page. */
export function modelColor(index: number): string {
  return `var(--model-${index % 16})`;
}

/** Of a model's line: neighbours of the legend differ by more than their colour. */
export function modelDashes(index: number): string {
  return ['none', '7 3', '2 3', '9 3 2 3'][index % 4] as string;
}

/** One bar per model with its interval; `reference` draws a dashed line, for example where the originals are. */
export function barChart(data: ComparisonData, measure: ShownMeasure, reference?: number): string {
  const bars = data.models.map((model, index) => ({ name: model.name, index, ...intervalOf(model, measure) }));
  const shown = bars.filter(({ count }) => count > 0);
  const end = Math.max(reference ?? 0, ...shown.map(({ high }) => high)) || 1;
  return draw(`${measure} of each model`, {
    width: widthPx,
    height: 30 + 44 * bars.length,
    marginLeft: 12,
    marginRight: 52,
    marginTop: 6,
    marginBottom: 24,
    x: { domain: [0, end], label: null, ticks: 5, tickSize: 3 },
    y: { domain: bars.map(({ index }) => index), axis: null, paddingInner: 0.6, paddingOuter: 0.3 },
    marks: [
      Plot.gridX({ stroke: faint, strokeOpacity: 1, ticks: 5 }),
      Plot.barX(shown, { x: 'mean', y: 'index', fill: ({ index }) => modelColor(index), rx: 2, dy: 7 }),
      Plot.ruleY(shown, { x1: 'low', x2: 'high', y: 'index', stroke: ink, strokeWidth: 1.5, dy: 7 }),
      ...(reference === undefined ? [] : [Plot.ruleX([reference], { stroke: ink, strokeDasharray: '3,3' })]),
      Plot.text(bars, { x: 0, y: 'index', text: 'name', textAnchor: 'start', dy: -8, fill: ink }),
      Plot.text(shown, {
        x: ({ mean, high }) => Math.max(mean, high),
        y: 'index',
        text: ({ mean }) => formatMeasure(measure, mean),
        textAnchor: 'start',
        dx: 6,
        dy: 7,
        fontWeight: 600,
        ...haloed,
      }),
    ],
  });
}

/** Per band and model: detail kept (solid) and invented (pale), in percent of the original's energy. */
export function detailChart({ models }: ComparisonData): string {
  const rows = detailBands.flatMap(({ name, wavelengthsPx: [from, to] }) =>
    models.map(({ summary }, index) => {
      const [kept, invented] = [summary[`${name}Kept`].mean, summary[`${name}Invented`].mean];
      return { band: `${name}, ${from}–${to} px`, index, kept, all: kept + invented };
    }),
  );
  const shown = rows.filter(({ all }) => Number.isFinite(all));
  const fill = ({ index }: { index: number }) => modelColor(index);
  return draw('Detail kept and invented by size', {
    width: widthPx,
    height: 40 + detailBands.length * (26 + 15 * models.length),
    marginLeft: 12,
    marginRight: 44,
    marginTop: 18,
    marginBottom: 24,
    x: { domain: [0, Math.max(1, ...shown.map(({ all }) => all))], label: null, ticks: 5, percent: false },
    y: { axis: null, padding: 0.18 },
    fy: { domain: [...new Set(rows.map(({ band }) => band))], axis: null, padding: 0.28 },
    marks: [
      Plot.axisX({ label: null, ticks: 5, tickSize: 3, tickFormat: (value: number) => `${Math.round(100 * value)} %` }),
      Plot.gridX({ stroke: faint, strokeOpacity: 1, ticks: 5 }),
      Plot.barX(shown, { fy: 'band', y: 'index', x1: 'kept', x2: 'all', fill, fillOpacity: 0.35 }),
      Plot.barX(shown, { fy: 'band', y: 'index', x: 'kept', fill, rx: 2 }),
      Plot.ruleX([1], { stroke: ink, strokeDasharray: '3,3' }),
      Plot.text(shown, {
        fy: 'band',
        y: 'index',
        x: 'all',
        text: ({ kept }) => `${Math.round(100 * kept)} %`,
        textAnchor: 'start',
        dx: 5,
        ...haloed,
      }),
      Plot.text([...new Set(rows.map(({ band }) => band))], {
        fy: (band: string) => band,
        text: (band: string) => band,
        frameAnchor: 'top-left',
        dy: -13,
        fill: ink,
      }),
    ],
  });
}

/** Mean power over the size of detail, both logarithmic: where a model's line leaves the originals', detail is lost. */
export function spectrumChart({ cyclesPerPx, originalPower, models }: ComparisonData): string {
  const line = (power: readonly number[]) => {
    const points = cyclesPerPx.map((frequency, ring) => ({ sizePx: 1 / frequency, power: power[ring]! }));
    return points.filter((point) => point.power > 0 && point.sizePx <= 32);
  };
  const lines = models.map(({ power }: ModelResult) => line(power));
  return draw('Power spectra of originals and reconstructions', {
    width: widthPx,
    height: 280,
    marginLeft: 52,
    marginRight: 10,
    marginTop: 24,
    marginBottom: 38,
    x: {
      type: 'log',
      reverse: true,
      ticks: [32, 16, 8, 4, 2],
      tickFormat: 'd',
      label: 'size of detail in px, finer →',
    },
    y: {
      type: 'log',
      label: '↑ power, squared grey levels',
      ticks: 5,
      tickFormat: (value: number) => value.toString(),
    },
    marks: [
      Plot.gridY({ stroke: faint, strokeOpacity: 1, ticks: 5 }),
      Plot.line(line(originalPower), { x: 'sizePx', y: 'power', stroke: ink, strokeWidth: 4, strokeOpacity: 0.3 }),
      ...lines.map((points, index) =>
        Plot.line(points, {
          x: 'sizePx',
          y: 'power',
          stroke: modelColor(index),
          strokeWidth: 2,
          strokeDasharray: modelDashes(index),
        }),
      ),
    ],
  });
}

export function draw(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ document, ariaLabel: label, style: { fontSize: '12px' }, ...options });
  return withShortNumbers(String(svg.outerHTML));
}

/** Hundredths of a px do not show; a scatter of many points is half as long without them. */
const withShortNumbers = (svg: string) =>
  svg.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
