/** `--resume`, which every training has. */
import { flagOf } from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';

/**
 * The options typed beside --resume that a resumed run may be told anew.
 *
 * @param allowed their names
 * @throws UserError for any other, and where there is no --out to go on with
 */
export function resumeChanges<Options extends object, Name extends keyof Options & string>(
  options: Options,
  allowed: readonly Name[],
  typed: ReadonlySet<string>,
  out: string | undefined,
): { out: string; changes: Partial<Pick<Options, Name>> } {
  if (out === undefined) throw new UserError('Got --resume without --out, wanted the run folder to go on with.');
  const known = new Set<string>(['out', 'resume', 'json', ...allowed]);
  const refused = [...typed].filter((key) => !known.has(key));
  if (refused.length > 0)
    throw new UserError(`A resumed run keeps its options: drop ${refused.map(flagOf).join(', ')}.`);
  const given = allowed.filter((name) => typed.has(name)).map((name) => [name, options[name]]);
  return { out, changes: Object.fromEntries(given) as Partial<Pick<Options, Name>> };
}
