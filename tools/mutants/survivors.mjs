/** What became of mutants, in words: scores, and the survivors nobody has judged yet. */
import { readFileSync } from 'node:fs';

/** Each `was` in the line `line` of `file` that `becomes` something else changes nothing that a test could see, `because`. */
const judged = JSON.parse(readFileSync(new URL('judged.json', import.meta.url), 'utf8'));

const missed = new Set(['Survived', 'NoCoverage']);

/**
 * @param result of `tryMutantsOf`
 * @returns the text, and how many mutants were caught, survived, and are open: neither caught nor judged
 */
export function outcomeOf(file, result) {
  const { nothing, source, mutants } = result;
  if (nothing) return { text: `${file}: ${nothing}`, caught: 0, survived: 0, open: 1 };
  if (mutants.length === 0) return { text: `${file}: nothing to change`, caught: 0, survived: 0, open: 0 };
  const kept = mutants.filter(({ status }) => missed.has(status)).map((mutant) => placeOf(file, source, mutant));
  const open = kept.filter((place) => !judged.some((one) => isSame(one, place)));
  const caught = mutants.length - kept.length;
  const lines = open.map((place) => `  ${JSON.stringify(place)}`);
  const text = [`${file}: ${score(caught, kept.length)}, ${open.length} to judge`, ...lines].join('\n');
  return { text, caught, survived: kept.length, open: open.length };
}

export function totalOf(outcomes) {
  const sum = (key) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  const [caught, survived, open] = ['caught', 'survived', 'open'].map(sum);
  const verdict = open === 0 ? 'all judged' : `${open} to be killed by a test or judged in tools/mutants/judged.json`;
  return { text: `${score(caught, survived)}: ${survived} survivors, ${verdict}.`, open };
}

const score = (caught, kept) =>
  `${caught} of ${caught + kept} mutants noticed (${((100 * caught) / Math.max(1, caught + kept)).toFixed(1)} %)`;

/** Lines are told by their text, so that judgements outlive what is added above them. */
function placeOf(file, source, { location: { start, end }, replacement }) {
  const rows = source.split('\n');
  const inner = rows.slice(start.line - 1, end.line);
  inner[inner.length - 1] = inner.at(-1).slice(0, end.column - 1);
  inner[0] = inner[0].slice(start.column - 1);
  const was = inner.map((row) => row.trim()).join(' ');
  return { file, line: rows[start.line - 1].trim(), was: shortened(was), becomes: shortened(replacement) };
}

const shortened = (code) => {
  const plain = code.replace(/\s+/g, ' ');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
};

const isSame = (one, other) => ['file', 'line', 'was', 'becomes'].every((key) => one[key] === other[key]);
