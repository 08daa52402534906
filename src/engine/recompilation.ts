/** Notices when an engine compiles again and again, which costs far more than computing. */

/** Graphs that a program needs for its different kinds of steps: compiling those is no reason to worry. */
const compilesAllowed = 40;

/** Compilations among as many latest runs as this... */
const windowRuns = 20;
/** ...that give rise to the warning. */
const compilesInWindow = 10;

/** A listener for an engine's compilations, which calls `warn` once if they do not come to an end. */
export function recompilationAlarm(warn: ((sentence: string) => void) | undefined) {
  const compiledAtRun: number[] = [];
  let isWarned = false;
  return ({ compiles, runs }: { readonly compiles: number; readonly runs: number }): void => {
    compiledAtRun.push(runs);
    const recent = compiledAtRun.filter((run) => run > runs - windowRuns).length;
    if (isWarned || compiles <= compilesAllowed || recent < compilesInWindow) return;
    isWarned = true;
    warn?.(
      `The engine compiled ${recent} graphs in its last ${windowRuns} runs (${compiles} in all): ` +
        'keep the batch size and the image size the same from step to step.',
    );
  };
}
