/** `--config FILE`: options from a file, in YAML or JSON, under the names that they have on the command line. */
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { flagOf } from '../../../src/config/config.js';
import { reasonOf, UserError } from '../../../src/errors.js';
import { nearestOf } from '../../../src/nearest.js';

/**
 * The options in the file, by their names in the code. A name may be written as a flag (`learning-rate`) or as in programs
 * (`learningRate`); a list as one, or separated by commas.
 *
 * @param keys the options that there are
 * @param lists those of them that are lists, and what makes one of text
 * @throws UserError for a file that is none, and for unknown or repeated options
 */
export async function readConfigFile(
  path: string,
  keys: readonly string[],
  lists: ReadonlyMap<string, (text: string) => readonly unknown[]>,
): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Got --config ${path}, which cannot be read: ${reasonOf(error)}.`);
  });
  const byName = new Map(keys.flatMap((key) => [[key, key] as const, [flagOf(key).slice(2), key] as const]));
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(objectIn(text, path))) {
    const key = byName.get(name);
    if (key === undefined)
      throw new UserError(`${path} has ${name}, which is no option${likely(name, [...byName.keys()])}`);
    if (key in options) throw new UserError(`${path} has ${flagOf(key)} twice: drop one of them.`);
    const list = lists.get(key);
    options[key] = list !== undefined && typeof value === 'string' ? list(value) : value;
  }
  return options;
}

function objectIn(text: string, path: string): object {
  const value = parsed(text, path) ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as object;
  throw new UserError(`${path} holds no options, wanted lines such as "steps: 2000".`);
}

/** JSON is YAML, too. */
function parsed(text: string, path: string): unknown {
  try {
    return parseYaml(text, { prettyErrors: true });
  } catch (error) {
    const [reason = ''] = reasonOf(error).split('\n');
    throw new UserError(`${path} is neither YAML nor JSON: ${reason.replace(/:$/, '')}.`);
  }
}

function likely(name: string, names: readonly string[]): string {
  const nearest = nearestOf(name, names);
  return nearest === undefined ? '; --help has them all.' : `: did you mean ${nearest}?`;
}
