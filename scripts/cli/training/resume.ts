/** `--resume`, which every training has. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { flagOf } from '../../../src/config/config.js';
import { UserError } from '../../../src/errors.js';
import { note } from '../output.js';

/**
 * The options typed beside --resume that a resumed run may be told anew.
 *
 * @param allowed their names
 * @throws UserError for any other
 */
export function resumeChanges<Options extends object, Name extends keyof Options & string>(
  options: Options,
  allowed: readonly Name[],
  typed: ReadonlySet<string>,
  out: string,
): { out: string; changes: Partial<Pick<Options, Name>> } {
  const known = new Set<string>(['out', 'resume', 'live', 'port', ...allowed]);
  const refused = [...typed].filter((key) => !known.has(key));
  if (refused.length > 0)
    throw new UserError(`A resumed run keeps its options: drop ${refused.map(flagOf).join(', ')}.`);
  const given = allowed.filter((name) => typed.has(name)).map((name) => [name, options[name]]);
  return { out, changes: Object.fromEntries(given) as Partial<Pick<Options, Name>> };
}

/**
 * The run below runs/ that was trained last on this place, and says which.
 *
 * @throws UserError where there is none
 */
export function latestRun(place: string, parent = 'runs'): string {
  const runs = existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : [];
  const [latest] = runs
    .filter((path) => trainedOn(path) === resolve(place))
    .map((path) => ({ path, timeMs: lastTouchedMs(path) }))
    .sort((a, b) => b.timeMs - a.timeMs);
  if (latest === undefined) {
    throw new UserError(`No run below ${parent}/ was trained on ${place}: name the run folder with --out.`);
  }
  note(`Goes on with ${latest.path}, the latest run on ${place}.`);
  return latest.path;
}

/** The images of a run, or the latents of one of train-diffusion; undefined for what is no run. */
function trainedOn(path: string): string | undefined {
  const file = join(path, 'config.json');
  if (!existsSync(file)) return undefined;
  try {
    const { directory, latents } = JSON.parse(readFileSync(file, 'utf8'));
    return directory ?? latents;
  } catch {
    // A config.json that cannot be read belongs to no run that could go on.
    return undefined;
  }
}

const lastTouchedMs = (path: string) =>
  Math.max(
    ...['config.json', 'metrics.jsonl'].map(
      (name) => statSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    ),
  );
