/**
 * `npm run mutants -- src/losses src/nn/adam.ts`: changes the code of rooms or files in one place at a time (StrykerJS), runs the
 * tests of the room, and tells which changes no test noticed. Files are done one after the other; what a stopped run had done is
 * not done again, nor what neither code nor tests changed since. Takes hours for everything, in one process at low priority.
 *
 * judged.json holds survivors that change nothing a test could see, each with its reason; others make the run fail.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import fastGlob from 'fast-glob';
import { installPackages } from '../install-packages.mjs';
import { summaryOf } from './survivors.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = new URL('.', import.meta.url);
const rooms = JSON.parse(readFileSync(new URL('rooms.json', here), 'utf8'));
const work = `${root}.cache/mutants`;

const wanted = process.argv.slice(2);
const files = [...new Set((wanted.length === 0 ? Object.keys(rooms) : wanted).flatMap(filesIn))];
/** The closest: a file may have tests of its own. */
const roomOf = (file) =>
  Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
const foreign = wanted.find((path) => !filesIn(path).every(roomOf) || filesIn(path).length === 0);
if (foreign) {
  process.stderr.write(`${foreign}: wanted a folder or file of ${Object.keys(rooms).join(', ')}.\n`);
  process.exit(1);
}

setPriority(15);
installPackages('tools/mutants');
const { numberMutator } = await import('./numbers.mjs');
const { allMutators } = await import('./node_modules/@stryker-mutator/instrumenter/dist/src/mutators/index.js');
const { Stryker } = await import('@stryker-mutator/core');
allMutators.push(numberMutator);
prepareFolder();
const results = new Map();
for (const file of files) {
  process.stdout.write(`${new Date().toLocaleTimeString()} ${file}\n`);
  results.set(file, await mutantsOf(file));
}
const { text, unjudged } = summaryOf(results);
process.stdout.write(`\n${text}\n`);
process.exitCode = unjudged > 0 ? 1 : 0;

function filesIn(path) {
  const plain = path.replace(/\/$/, '');
  return fastGlob.sync(plain.endsWith('.ts') ? plain : `${plain}/**/*.ts`, { cwd: root }).sort();
}

/** Copies of the repository lie here, and tests find photographs beside it. */
function prepareFolder() {
  mkdirSync(work, { recursive: true });
  rmSync(`${work}/shared`, { force: true });
  symlinkSync(`${root}../shared`, `${work}/shared`);
}

/** No test is known to reach what is computed when a file is loaded, so that a new test would not make these run again. */
function forgetStaticSurvivors(report, file) {
  if (!existsSync(report)) return;
  const known = JSON.parse(readFileSync(report, 'utf8'));
  const ofFile = known.files[file];
  if (!ofFile) return;
  ofFile.mutants = ofFile.mutants.filter((mutant) => !(mutant.static && mutant.status === 'Survived'));
  writeFileSync(report, JSON.stringify(known));
}

/** A file's mutants with what became of each, in the format of mutation-testing-elements; null where no test imports the file. */
async function mutantsOf(file) {
  process.env.MUTANTS_TESTS = JSON.stringify(rooms[roomOf(file)]);
  const report = `${work}/${file.replaceAll('/', '+')}.json`;
  forgetStaticSurvivors(report, file);
  await new Stryker({
    mutate: [file],
    mutator: { excludedMutations: ['StringLiteral', 'Regex', 'ObjectLiteral', 'ArrayDeclaration'] },
    plugins: ['@stryker-mutator/vitest-runner', fileURLToPath(new URL('error-texts.mjs', here))],
    ignorers: ['error-texts'],
    testRunner: 'vitest',
    vitest: { configFile: 'tools/mutants/vitest.config.mjs' },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // Others' work on the same machine must not pass for a loop without end.
    timeoutMS: 60_000,
    timeoutFactor: 4,
    incremental: true,
    incrementalFile: report,
    tempDirName: `${work}/copies`,
    ignorePatterns: ['docs', 'experiments', 'dist', '.cache', '*.html'],
    reporters: ['progress-append-only'],
    logLevel: 'warn',
  }).runMutationTest();
  if (!existsSync(report)) return null;
  const { files: reported } = JSON.parse(readFileSync(report, 'utf8'));
  return reported[file] ?? { source: '', mutants: [] };
}
