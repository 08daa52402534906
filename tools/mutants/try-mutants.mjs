/** What becomes of a file's mutants when the tests of its room run. */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTests } from './bundle.mjs';
import { instrumented } from './instrument.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
const work = `${root}.cache/mutants/`;

/** Modules are loaded anew for each mutant and never leave memory, so that a process serves for so many. */
const mutantsPerProcess = 60;
/** Others' work on the same machine must not pass for a loop without end, which is mostly told by the count of its turns. */
const patience = (dryRunMs) => 60_000 + 20 * dryRunMs;

/**
 * @param file path below the repository's root
 * @param tests paths of the tests, in the order in which they run until one fails
 * @returns source and mutants with the status of each; or `nothing`, why there was nothing to try
 */
export async function tryMutantsOf(file, tests) {
  const source = readFileSync(`${root}${file}`, 'utf8');
  const { text, mutants } = await instrumented(`${root}${file}`, source);
  const outdir = `${work}bundles/${file}`;
  const { bundles, hash } = await bundleTests({ root, tests, outdir, instrumentedFile: `${root}${file}`, text });
  if (mutants.length === 0) return { source, mutants };
  if (bundles.length === 0) return { nothing: 'no test of its room imports it' };
  const results = `${work}${file.replaceAll('/', '+')}.json`;
  const known = knownResults(results, hash);
  const remember = (id, status) => {
    known.set(id, status);
    writeFileSync(results, JSON.stringify({ hash, statuses: [...known] }));
  };
  const open = mutants.filter(({ id }) => !known.has(id));
  const failure = open.length > 0 ? await runAll(bundles, open, remember) : undefined;
  if (failure) return { nothing: `its tests fail without a mutant: ${failure}` };
  return { source, mutants: mutants.map((mutant) => ({ ...mutant, status: known.get(mutant.id) })) };
}

/**
 * @param remember is told each status as soon as it is known
 * @returns why the tests cannot judge mutants, where they fail without one
 */
async function runAll(bundles, mutants, remember) {
  for (const { path, contents } of bundles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  let tests = startTests(bundles);
  try {
    const dry = await tests.run({ dry: true }, 3_600_000);
    if (dry === null || dry.error) return dry?.error ?? 'no end in an hour';
    for (const [done, mutant] of mutants.entries()) {
      if (tests.worn || done % mutantsPerProcess === mutantsPerProcess - 1) {
        tests.stop();
        tests = startTests(bundles);
      }
      remember(mutant.id, await statusOf(tests, mutant.id, dry));
    }
  } finally {
    tests.stop();
    for (const { path } of bundles) rmSync(path, { force: true });
  }
}

async function statusOf(tests, id, { coverage, milliseconds }) {
  const covering = Object.entries(coverage.perTest).filter(([, hits]) => hits[id]);
  const hits = covering.reduce((sum, [, of]) => sum + of[id], coverage.static[id] ?? 0);
  if (hits === 0) return 'NoCoverage';
  const only = coverage.static[id] ? null : covering.map(([test]) => test);
  const answer = await tests.run({ mutant: id, only, hitLimit: 100 * hits + 1000 }, patience(milliseconds));
  if (answer === null) return 'Timeout';
  return answer.error ? 'Killed' : 'Survived';
}

/** A process that holds the tests; null is the answer of one that took too long or died, and that is `worn` from then on. */
function startTests(bundles) {
  const child = fork(
    worker,
    bundles.map(({ path }) => path),
    { cwd: root, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  const tests = {
    worn: false,
    stop: () => child.kill('SIGKILL'),
    run: (order, milliseconds) =>
      new Promise((resolve) => {
        const finish = (answer) => {
          clearTimeout(timer);
          child.removeAllListeners();
          tests.worn = answer === null;
          resolve(answer);
        };
        const timer = setTimeout(() => finish(null), milliseconds);
        child.once('message', finish);
        child.once('exit', () => finish(null));
        child.send(order);
      }),
  };
  return tests;
}

/** Statuses by mutant; those of other code or tests are forgotten. */
function knownResults(path, hash) {
  try {
    const saved = JSON.parse(readFileSync(path, 'utf8'));
    return new Map(saved.hash === hash ? saved.statuses : []);
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return new Map();
    throw error;
  }
}
