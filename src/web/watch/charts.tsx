/** All charts, and what they have in common. */
import { useMemo, useState } from 'preact/hooks';
import { type Across, type Scale, stepAxis } from './axes.js';
import { Chart } from './chart.js';
import type { WatchedRun } from './protocol.js';
import { StepSlider } from './step-slider.js';

const scales: readonly Scale[] = ['automatic', 'linear', 'logarithmic'];

export function Charts({ charts, times }: Pick<WatchedRun, 'charts' | 'times'>) {
  const [across, setAcross] = useState<Across>('steps');
  const [scale, setScale] = useState<Scale>('automatic');
  const [chosen, choose] = useState<number | undefined>(undefined);
  const axis = useMemo(() => stepAxis(across, times), [across, times]);
  if (charts.length === 0) return null;
  const last = Math.max(...charts.flatMap(({ lines }) => lines.map(({ points }) => points.at(-1)?.[0] ?? 0)));
  return (
    <section aria-labelledby="charts">
      <h2 id="charts">Curves</h2>
      <p class="hint">
        In long runs a line is the mean of several steps, and the pale band around it holds all of them. Where values
        span more than a power of ten, their axis is logarithmic.
      </p>
      <div class="controls">
        {times.length > 0 && (
          <Choice
            label="Across"
            names={['steps', 'time'] as const}
            chosen={across}
            choose={(name) => setAcross(name)}
          />
        )}
        <Choice label="Values" names={scales} chosen={scale} choose={(name) => setScale(name)} />
        <StepSlider
          id="read-at"
          label="Read at step"
          last={last}
          position={chosen ?? last}
          stepAt={(step) => step}
          choose={choose}
        />
      </div>
      <div class="charts">
        {charts.map((chart) => (
          <Chart key={chart.title} chart={chart} axis={axis} scale={scale} readAt={chosen} />
        ))}
      </div>
    </section>
  );
}

interface Choices<Name extends string> {
  readonly label: string;
  readonly names: readonly Name[];
  readonly chosen: Name;
  choose(name: Name): void;
}

function Choice<Name extends string>({ label, names, chosen, choose }: Choices<Name>) {
  return (
    <div class="toolbar">
      <fieldset>
        <legend>{label}</legend>
        {names.map((name) => (
          <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
            {name}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
