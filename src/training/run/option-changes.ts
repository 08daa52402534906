/** What a resumed run was told anew. */
import { flagOf } from '../../config/config.js';

/** By the options' names, what stood there before and what stands there now. */
export type OptionChanges = Readonly<Record<string, readonly [before: unknown, after: unknown]>>;

/** They change how much memory a step takes, what draws samples, and what is written besides. */
const withoutEffect = new Set(['gradientCheckpointing', 'model', 'tensorboard']);

/** The options that differ and decide what is computed. */
export function optionChanges(before: object, after: object): OptionChanges {
  const [left, right] = [
    new Map<string, unknown>(Object.entries(before)),
    new Map<string, unknown>(Object.entries(after)),
  ];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const changed = names.filter((name) => left.get(name) !== right.get(name) && !withoutEffect.has(name));
  return Object.fromEntries(changed.map((name) => [name, [left.get(name) ?? null, right.get(name) ?? null]]));
}

interface ChangedRun {
  readonly changes: OptionChanges;
  appendMetrics(line: { readonly step: number; readonly changes: OptionChanges }): Promise<void>;
}

/** Logs what a resume changed, and tells of it. */
export async function tellChanges(
  { changes, appendMetrics }: ChangedRun,
  step: number,
  onWarning?: (sentence: string) => void,
): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  await appendMetrics({ step, changes });
  onWarning?.(changesSentence(changes, step));
}

/** What the changes mean for the promise that a resumed run equals an uninterrupted one. */
export function changesSentence(changes: OptionChanges, step: number): string {
  const each = Object.entries(changes).map(
    ([name, [before, after]]) => `${flagOf(name)} ${after ?? 'off'} (was ${before ?? 'off'})`,
  );
  const promise = Object.keys(changes).every((name) => name === 'threads')
    ? 'sums are added up in another order, so that it agrees with an uninterrupted run to rounding, not bit for bit'
    : 'from there on it is another run than an uninterrupted one';
  return `Goes on after step ${step} with ${each.join(', ')}: ${promise}.`;
}
