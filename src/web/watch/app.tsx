/** The page: how far, what is wrong, pictures, curves, and what is trained. */
import { useEffect, useState } from 'preact/hooks';
import { Charts } from './charts.js';
import { pollRun, type Told } from './poll.js';
import type { WatchedRun } from './protocol.js';
import { Samples } from './samples.js';

/** A long log takes some seconds. */
const beginnings: Readonly<Record<string, string>> = {
  undefined: 'The log is being read',
  null: 'The training is about to begin',
};

export function App() {
  const [{ run, lost }, tell] = useState<Told>({});
  useEffect(() => pollRun((change) => tell((before) => ({ ...before, ...change }))), []);
  useEffect(() => {
    document.title = run ? `${run.name}: ${run.headline}` : 'A training';
  }, [run]);
  return (
    <main>
      <header>
        <p class="kicker">{run ? `latent-vae, ${run.name}` : 'latent-vae'}</p>
        <h1 data-testid="headline">{run?.headline ?? beginnings[String(run)]}</h1>
        {lost && <p class="lost">{lost}</p>}
        {run && <Facts run={run} />}
      </header>
      {run && (
        <>
          <Samples {...run.samples} />
          <Charts charts={run.charts} times={run.times} />
          {run.table.length > 0 && <WhatIsTrained {...run} />}
        </>
      )}
      <footer>Made by latent-vae from config.json, metrics.jsonl, times.jsonl and samples of the run folder.</footer>
    </main>
  );
}

function Facts({ run: { sentences, lastStepAt, warnings } }: { run: WatchedRun }) {
  const logged =
    lastStepAt === null ? '' : `The last step was logged at ${new Date(1000 * lastStepAt).toLocaleTimeString()}.`;
  return (
    <>
      <p class="answer">{[...sentences, logged].filter(Boolean).join(' ')}</p>
      <ul class="warnings" aria-live="polite" aria-label="Warnings">
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </>
  );
}

function WhatIsTrained({ table, options }: Pick<WatchedRun, 'table' | 'options'>) {
  return (
    <section aria-labelledby="config">
      <h2 id="config">What is trained</h2>
      <Rows rows={table} />
      <details>
        <summary>All options</summary>
        <Rows rows={options} />
      </details>
    </section>
  );
}

function Rows({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <dl>
      {rows.map(([label, text]) => (
        <>
          <dt key={label}>{label}</dt>
          <dd>{text}</dd>
        </>
      ))}
    </dl>
  );
}
