interface SliderProps {
  readonly label: string;
  readonly name: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit?: string;
  onValue(value: number): void;
}

export function Slider({ label, name, value, min, max, step, unit = '', onValue }: SliderProps) {
  return (
    <label>
      {label}
      <input
        type="range"
        data-testid={name}
        value={value}
        min={min}
        max={max}
        step={step}
        aria-valuetext={`${value}${unit}`}
        onInput={(event) => onValue(Number(event.currentTarget.value))}
      />
      <output>{`${Number(value.toFixed(2))}${unit}`}</output>
    </label>
  );
}
