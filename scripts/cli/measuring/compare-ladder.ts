/** `latent-vae compare --ladder`: the experiment that takes the causes of blurriness apart. */
import { join } from 'node:path';
import type { EngineOptions } from '../../../src/config/config.js';
import { flagOf } from '../../../src/config/config.js';
import { UserError } from '../../../src/errors.js';
import { note, noteSkipped, print } from '../output.js';
import { noteLadder, showLadderProgress } from './ladder.js';

export interface LadderArguments {
  /** A JSON file, or true for the ladder that comes with the package. */
  readonly ladder: string | true;
  readonly out: string;
  readonly pictures?: string | undefined;
  readonly engine: EngineOptions;
}

/** What may be typed beside --ladder: everything else stands in its file. */
const allowed = new Set(['ladder', 'out', 'pictures', 'engine', 'device', 'threads', 'json']);

export function assertLadderOptions(typed: ReadonlySet<string>): void {
  const refused = [...typed].filter((key) => !allowed.has(key));
  if (refused.length === 0) return;
  throw new UserError(`Got ${refused.map(flagOf).join(', ')} with --ladder, whose file says that: write it there.`);
}

export async function compareLadder(
  directory: string,
  { ladder: path, out, pictures, engine }: LadderArguments,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<object> {
  const { trainAndCompareLadder } = await import('../../../src/report/ladder/train-and-compare.js');
  const { defaultLadderPath } = await import('../../../src/ladder/default-ladder.js');
  const { readLadder } = await import('../../../src/ladder/ladder-config.js');
  const { formatTable } = await import('../../../src/report/table.js');
  const { ladderAnswer } = await import('../../../src/report/ladder/page/answer.js');

  const ladder = await readLadder(path === true ? defaultLadderPath : path);
  noteLadder(ladder);
  const progress = showLadderProgress();
  const result = await trainAndCompareLadder(
    directory,
    ladder,
    out,
    { ...engine, pictures },
    { ...progress, signal },
  ).finally(progress.stop);
  if (!result) {
    note('Interrupted and saved. Type the same command to go on.');
    return { interrupted: true };
  }
  const { data, causes, links, pictures: shown } = result.report;
  noteSkipped(result.skipped);
  const page = join(out, 'index.html');
  const answer = ladderAnswer(data, causes, links);
  if (!json) {
    print(formatTable({ data, pictures: shown.pictures }));
    for (const sentence of answer.sentences) print(sentence);
  }
  note(`Page: ${page}`);
  return { interrupted: false, page, answer, causes, links, models: data.models };
}
