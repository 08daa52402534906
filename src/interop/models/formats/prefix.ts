/** Where a checkpoint keeps its autoencoder: `first_stage_model.`, `module.`, `vae.`, whatever stands before the names. */
import type { TensorFile } from '../../tensor-file.js';

/** The tensors of one autoencoder in a file that may hold more. */
export interface AutoencoderPlace {
  readonly prefix: string;
  /** What was chosen among several, in one sentence each. */
  readonly notes: readonly string[];
}

/** Averages evaluate better than what they are averages of. */
const averagePattern = /(^|[._])(ema|averaged?|swa|shadow)([._]|$)/i;
const averages = (prefix: string) => averagePattern.test(prefix);

/** What stands before `mark` in the names that end with it. */
export function prefixesOf(entries: ReadonlyMap<string, unknown>, mark: string): string[] {
  const held = [...entries.keys()].filter((name) => name === mark || name.endsWith(`.${mark}`));
  return held.map((name) => name.slice(0, -mark.length));
}

/**
 * Finds the prefix before the names that `marks` matches.
 *
 * @param marks names of every autoencoder of a kind, without prefix; one with the first of them is preferred
 * @returns undefined where no tensor has such a name
 */
export function findPlace(
  { path, entries }: Pick<TensorFile, 'path' | 'entries'>,
  marks: readonly string[],
): AutoencoderPlace | undefined {
  const found = marks.map((mark) => prefixesOf(entries, mark));
  const prefixes = [...new Set(found.flat())];
  const rank = (prefix: string) => [
    found.filter((held) => !held.includes(prefix)).length,
    averages(prefix) ? 0 : 1,
    prefix.length,
  ];
  const [chosen, ...others] = prefixes.sort((a, b) => compare(rank(a), rank(b)));
  if (chosen === undefined) return undefined;
  const choice = others.length > 0 ? [choiceNote(path, chosen, others)] : [];
  return { prefix: chosen, notes: [...choice, ...namelessAverages(path, chosen, entries)] };
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, place) => value !== b[place]);
  return index === -1 ? 0 : (a[index] as number) - (b[index] as number);
}

function choiceNote(path: string, chosen: string, others: readonly string[]): string {
  const named = (prefix: string) => (prefix === '' ? 'names without prefix' : `${prefix}*`);
  const kind = averages(chosen) ? ', the moving average' : '';
  const rest = others.map(named).join(', ');
  return `${path} holds ${others.length + 1} autoencoders: took ${named(chosen)}${kind}, and left ${rest} alone.`;
}

/** LDM's LitEma keeps averages under names without dots; its own code loads the others too. */
function namelessAverages(path: string, prefix: string, entries: ReadonlyMap<string, unknown>): string[] {
  const average = [...entries.keys()].find((name) => /model_ema\.(en|de)coderconv_inweight$/.test(name));
  if (average === undefined) return [];
  const own = prefix === '' ? "the model's own weights" : `the model's own weights, ${prefix}*`;
  return [`${path} holds moving averages under model_ema.* too: took ${own}, as LDM does.`];
}
