/** The pictures of validations, one at a time: the last one, until another is chosen. */
import { useState } from 'preact/hooks';
import type { WatchedRun } from './protocol.js';
import { StepSlider } from './step-slider.js';

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
          <StepSlider
            id="sample-step"
            label="Picture after step"
            last={last}
            position={position}
            stepAt={(at) => steps[at] ?? step}
            choose={(at) => choose(at === undefined ? undefined : steps[at])}
          />
        </div>
      )}
      <p class="sample">
        <img src={nameOf(step)} alt={`Samples after step ${step}. ${meaning}`} />
      </p>
    </section>
  );
}
