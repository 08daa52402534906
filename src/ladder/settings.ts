/** Settings of trainings in words, and how two trainings differ. */
import type { RunConfig } from '../config/config.js';

/** `klWeight 0.000001`, one for each option. */
export function settingsOf(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options)
    .filter(([name]) => name !== 'preset')
    .map(([name, value]) => `${name} ${wordOf(value)}`);
}

/** What a training measures at its end, and nobody chose. */
const measured: ReadonlySet<string> = new Set(['scalingFactor', 'shiftFactor', 'latentsMean', 'latentsStd']);

/** Of the network and the objective, what differs between two trainings: `objective.klWeight 1 → 0.000001`. */
export function differingSettings(before: RunConfig | undefined, after: RunConfig | undefined): string[] {
  if (!before || !after) return [];
  const [from, to] = [leavesOf(before), leavesOf(after)];
  const names = new Set([...from.keys(), ...to.keys()]);
  return [...names]
    .filter((name) => wordOf(from.get(name)) !== wordOf(to.get(name)))
    .map((name) => `${name} ${wordOf(from.get(name))} → ${wordOf(to.get(name))}`);
}

function leavesOf({ model, objective, options: { latentSamples } }: RunConfig): Map<string, unknown> {
  const leaves = new Map<string, unknown>([['latentSamples', latentSamples]]);
  for (const [part, values] of Object.entries({ model, objective })) {
    for (const [name, value] of Object.entries(values)) {
      if (!measured.has(name)) leaves.set(`${part}.${name}`, value);
    }
  }
  return leaves;
}

function wordOf(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (Array.isArray(value)) return value.length > 8 ? `${value.length} of them` : value.join('/');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} ${wordOf(part)}`)
    .join(' ');
}
