/** Runs bundled tests, named by its arguments, for one mutant after the other: Vitest's own runner and matchers, without its server. */
import { pathToFileURL } from 'node:url';

/** Where Vitest's matchers look for their settings. */
globalThis.__vitest_worker__ = { config: {}, filepath: '' };
const { startTests } = await import('@vitest/runner');

const paths = process.argv.slice(2);
/** What the instrumented code reads and writes. */
const switches = {};
globalThis.__stryker__ = switches;
const config = {
  root: process.cwd(),
  setupFiles: [],
  sequence: { concurrent: false, hooks: 'stack', setupFiles: 'list', shuffle: false, seed: 0 },
  allowOnly: true,
  maxConcurrency: 1,
  testTimeout: 600_000,
  hookTimeout: 600_000,
  retry: 0,
  tags: [],
};

let failure = null;
const fail = (error) => {
  failure ??= String(error?.stack ?? error);
};
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

let run = 0;
process.on('message', async ({ mutant, only, hitLimit, dry }) => {
  failure = null;
  Object.assign(switches, { activeMutant: mutant, hitLimit, hitCount: 0, mutantCoverage: { static: {}, perTest: {} } });
  const started = performance.now();
  run++;
  for (const path of paths) if (failure === null) await runFile(path, only && new Set(only));
  const milliseconds = performance.now() - started;
  process.send({ error: failure, milliseconds, coverage: dry ? switches.mutantCoverage : null });
});

/** @param only names of the tests that are run; null for all of them. */
async function runFile(path, only) {
  const isIdle = (task) => failure !== null || (only && !namesIn(task).some((name) => only.has(name)));
  const [file] = await startTests([path], {
    config,
    importFile: () => import(`${pathToFileURL(path).href}?run=${run}`),
    onBeforeRunSuite: (suite) => {
      if (isIdle(suite)) suite.mode = 'skip';
    },
    onBeforeRunTask: (test) => {
      switches.currentTestId = nameOf(test);
      if (isIdle(test)) test.mode = 'skip';
    },
    onAfterRunTask: (test) => {
      switches.currentTestId = undefined;
      failOf(test);
    },
    onAfterRunSuite: failOf,
  });
  failOf(file);
}

function failOf({ result }) {
  if (result?.state === 'fail') fail(result.errors?.[0]);
}

const namesIn = (task) => (task.tasks ? task.tasks.flatMap(namesIn) : [nameOf(task)]);
const nameOf = (test) => `${test.file.filepath} ${test.fullName}`;
