/**
 * `npm run mutants -- src/losses src/nn/adam.ts`: changes the code of rooms or files in one place at a time, runs the tests of the
 * room, and tells which changes no test noticed. Files are done one after the other; what a stopped run had done is not done again,
 * nor what neither code nor tests changed since. One process at low priority.
 *
 * rooms.json names the tests of each room, the quick ones first. judged.json holds survivors that change nothing a test could see,
 * each with its reason; others make the run fail.
 */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import fastGlob from 'fast-glob';
import { installPackages } from '../install-packages.mjs';
import { outcomeOf, totalOf } from './survivors.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = JSON.parse(readFileSync(new URL('rooms.json', import.meta.url), 'utf8'));

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
const { tryMutantsOf } = await import('./try-mutants.mjs');
const outcomes = [];
for (const file of files) {
  const outcome = outcomeOf(file, await tryMutantsOf(file, rooms[roomOf(file)].flatMap(testsIn)));
  process.stdout.write(`${new Date().toLocaleTimeString()} ${outcome.text}\n`);
  outcomes.push(outcome);
}
const { text, open } = totalOf(outcomes);
process.stdout.write(`\n${text}\n`);
process.exitCode = open > 0 ? 1 : 0;

function filesIn(path) {
  const plain = path.replace(/\/$/, '');
  return fastGlob.sync(plain.endsWith('.ts') ? plain : `${plain}/**/*.ts`, { cwd: root }).sort();
}

function testsIn(path) {
  return fastGlob.sync(path.endsWith('.ts') ? path : `${path}/**/*.test.ts`, { cwd: root }).sort();
}
