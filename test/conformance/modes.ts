/** The suite runs twice: with kernels of tfjs' cpu backend in place of those that the engine lacks, and without them. */
export const modes = ['with the cpu fallback', 'without it'] as const;
export type Mode = (typeof modes)[number];

/** `yes` or `no`; how a run of the suite is told its mode. */
export const fallbackVariable = 'CONFORMANCE_FALLBACK';

const refusalPrefix = 'Left to the cpu fallback: ';

/** What a call that the engine does not cover throws without the fallback. */
export const refusal = (kernelName: string): string => refusalPrefix + kernelName;

/** The kernel that a message says is missing. */
export function refusedKernel(message: string): string | undefined {
  const start = message.indexOf(refusalPrefix);
  return start < 0 ? undefined : /^\w+/.exec(message.slice(start + refusalPrefix.length))?.[0];
}
