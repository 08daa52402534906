/** The pictures of validations, one at a time: the last one, until another is chosen. */
import { useState } from 'preact/hooks';
import type { WatchedRun } from './protocol.js';

const nameOf = (step: number) => `samples/step-${String(step).padStart(6, '0')}.png`;

export function Samples({ steps, meaning }: WatchedRun['samples']) {
  const [chosen, choose] = useState<number | undefined>(undefined);
  const last = steps.length - 1;
  const position = chosen === undefined ? last : Math.max(0, steps.indexOf(chosen));
  const step = steps[position];
  if (step === undefined) return null;
  return (
    <section aria-labelledby="samples">
      <h2 id="samples">Samples</h2>
      <p class="hint">{meaning}</p>
      {steps.length > 1 && (
        <div class="controls">
          <div class="reader">
            <label for="sample-step">Picture after step</label>
            <input
              id="sample-step"
              type="range"
              min={0}
              max={last}
              step={1}
              value={position}
              aria-valuetext={`step ${step}`}
              onInput={({ currentTarget }) => {
                const at = Number(currentTarget.value);
                // At its end it shows what comes.
                choose(at === last ? undefined : steps[at]);
              }}
            />
            <output>{chosen === undefined ? `${step}, the last` : step}</output>
          </div>
        </div>
      )}
      <p class="sample">
        <img src={nameOf(step)} alt={`Samples after step ${step}. ${meaning}`} />
      </p>
    </section>
  );
}
