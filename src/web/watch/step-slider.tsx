/** Chooses one of some steps: the last one, whichever that will be, until another is chosen. */

interface Slider {
  readonly id: string;
  readonly label: string;
  /** Of the last position, from 0. */
  readonly last: number;
  readonly position: number;
  readonly stepAt: (position: number) => number;
  /** Undefined for the last. */
  choose(position: number | undefined): void;
}

export function StepSlider({ id, label, last, position, stepAt, choose }: Slider) {
  const step = stepAt(position);
  return (
    <div class="reader">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={last}
        step={1}
        value={position}
        aria-valuetext={`step ${step}`}
        onInput={({ currentTarget }) => {
          const at = Number(currentTarget.value);
          choose(at === last ? undefined : at);
        }}
      />
      <output>{position === last ? `${step}, the last` : step}</output>
    </div>
  );
}
