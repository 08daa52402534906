/** A chart with its figures in words below it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Scale, StepAxis } from './axes.js';
import { drawChart, lineColor, lineDashes, pointAt, shortNumber } from './plot.js';
import type { WatchedChart, WatchedLine } from './protocol.js';

interface Shown {
  readonly chart: WatchedChart;
  readonly axis: StepAxis;
  readonly scale: Scale;
  readonly readAt: number | undefined;
}

export function Chart({ chart, axis, scale, readAt }: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidthPx(Math.round(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (widthPx > 0) place.current?.replaceChildren(drawChart(chart, { widthPx, axis, scale, readAt }));
  }, [chart, axis, scale, readAt, widthPx]);
  return (
    <figure class="chart">
      <h3>{chart.title}</h3>
      <div class="drawn" ref={place} />
      {chart.lines.length <= mostAtOnce ? (
        <Legend lines={chart.lines} readAt={readAt} />
      ) : (
        <details>
          <summary>{chart.lines.length} lines</summary>
          <Legend lines={chart.lines} readAt={readAt} />
        </details>
      )}
      <figcaption>{chart.meaning}</figcaption>
    </figure>
  );
}

/** More stand behind a click. */
const mostAtOnce = 8;

function Legend({ lines, readAt }: { lines: readonly WatchedLine[]; readAt: number | undefined }) {
  return (
    <ul class="legend figures-at">
      {lines.map((line, index) => (
        <LegendLine key={line.label} line={line} index={index} readAt={readAt} />
      ))}
    </ul>
  );
}

function LegendLine({ line, index, readAt }: { line: WatchedLine; index: number; readAt: number | undefined }) {
  const point = pointAt(line.points, readAt);
  return (
    <li>
      <svg class="line-sample" viewBox="0 0 30 6" aria-hidden="true">
        <line
          x1="0"
          x2="30"
          y1="3"
          y2="3"
          stroke={lineColor(index)}
          stroke-width="3"
          stroke-dasharray={lineDashes(index)}
        />
      </svg>{' '}
      {line.label}: <b>{point ? shortNumber(point[1]) : 'none'}</b>
      {readAt !== undefined && point ? ` at step ${point[0]}` : ''}
    </li>
  );
}
