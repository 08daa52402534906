/** What became of mutants, in words: a score for each file, and the survivors nobody has judged yet. */
import { readFileSync } from 'node:fs';

/** Each `was` in the line `line` of `file` that `becomes` something else changes nothing that a test could see, `because`. */
const judged = JSON.parse(readFileSync(new URL('judged.json', import.meta.url), 'utf8'));

const noticed = new Set(['Killed', 'Timeout', 'RuntimeError', 'CompileError']);
const missed = new Set(['Survived', 'NoCoverage']);

/** @param results of each file its source and mutants, null where there was nothing to run */
export function summaryOf(results) {
  const lines = [];
  let [killed, survivors, unjudged] = [0, 0, 0];
  for (const [file, result] of results) {
    if (result === null) {
      lines.push(`${file}: no test of its room imports it, or it has none of the mutants`);
      unjudged++;
      continue;
    }
    const { source, mutants } = result;
    const kept = mutants.filter(({ status }) => missed.has(status)).map((mutant) => placeOf(file, source, mutant));
    const open = kept.filter((place) => !judged.some((one) => isSame(one, place)));
    const caught = mutants.filter(({ status }) => noticed.has(status)).length;
    lines.push(`${file}: ${score(caught, kept.length)}, ${open.length} to judge`);
    for (const place of open) lines.push(`  ${JSON.stringify(place)}`);
    killed += caught;
    survivors += kept.length;
    unjudged += open.length;
  }
  const verdict =
    unjudged === 0 ? 'all judged' : `${unjudged} to be killed by a test or judged in tools/mutants/judged.json`;
  lines.push(`${score(killed, survivors)}: ${survivors} survivors, ${verdict}.`);
  return { text: lines.join('\n'), unjudged };
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
