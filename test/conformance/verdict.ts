/** Sorts the results of the suite into what works, what is known not to, and what is broken. */
import { type KnownFailure, keptFromEngine, knownFailures } from './known-failures.js';
import { type Mode, refusedKernel } from './modes.js';
import type { SpecResult } from './specs.js';

export interface Verdict {
  readonly mode: Mode;
  readonly passed: number;
  /** Failed for a reason that the list gives. They run all the same, so that the list cannot hide what works. */
  readonly skipped: number;
  readonly failed: readonly SpecResult[];
  /** Entries of the list that excuse nothing any more. */
  readonly needless: readonly string[];
}

/** How many specs pass at least. */
const leastPassed: Readonly<Record<Mode, number>> = { 'with the cpu fallback': 4000, 'without it': 3100 };

export function judge(results: readonly SpecResult[], mode: Mode): Verdict {
  const failures = results.filter(({ passed }) => !passed);
  const used = new Set<string>();
  const failed = failures.filter((result) => {
    const excuse = excuseOf(result);
    if (excuse !== undefined) used.add(excuse);
    return excuse === undefined;
  });
  const entries = {
    'with the cpu fallback': knownFailures.map(({ specs }) => specs),
    'without it': [...keptFromEngine.keys()],
  };
  return {
    mode,
    passed: results.length - failures.length,
    skipped: failures.length - failed.length,
    failed,
    needless: entries[mode].filter((entry) => !used.has(entry)),
  };
}

function excuseOf({ name, messages }: SpecResult): string | undefined {
  const listed = knownFailures.find(({ specs }: KnownFailure) => name.includes(specs));
  if (listed) return listed.specs;
  const kernel = messages.map(refusedKernel).find((refused) => refused !== undefined);
  return kernel !== undefined && keptFromEngine.has(kernel) ? kernel : undefined;
}

export const isAcceptable = ({ mode, passed, failed, needless }: Verdict): boolean =>
  failed.length === 0 && needless.length === 0 && passed >= leastPassed[mode];

export function report({ mode, passed, skipped, failed, needless }: Verdict): string {
  const wanted = leastPassed[mode];
  return [
    `tfjs-core's suite ${mode}: ${passed} passed (at least ${wanted} wanted), ${failed.length} failed, ${skipped} skipped`,
    ...failed.map(({ name, messages }) => `  failed: ${name}\n    ${firstLine(messages[0])}`),
    ...needless.map((specs) => `  in the list, and no longer failing: ${specs}`),
  ].join('\n');
}

const firstLine = (message = 'without a message'): string => (message.split('\n')[0] ?? '').slice(0, 300);
