/** What pictures are coloured by. */

export interface ImageClasses {
  /** At most ten, the last perhaps `others`. */
  readonly names: readonly string[];
  /** The class of each picture, as a place among `names`. */
  readonly ofImage: readonly number[];
}

/** As many colours can be told apart. */
const mostClasses = 10;
const others = 'others';

/**
 * The classes of pictures by their folders: the whole label where that gives ten classes or fewer, else the first folder of
 * it, else the nine most frequent labels and the rest together. Pictures without a label are `unlabelled`.
 */
export function imageClasses(labels: readonly (string | undefined)[]): ImageClasses {
  const named = labels.map((label) => label ?? 'unlabelled');
  const firstFolders = named.map((label) => label.split('/')[0]!);
  const fits = (names: readonly string[]) => new Set(names).size <= mostClasses;
  if (fits(named)) return classesOf(named);
  if (fits(firstFolders) && new Set(firstFolders).size > 1) return classesOf(firstFolders);
  const sizes = new Map<string, number>();
  for (const name of named) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const frequent = [...sizes]
    .sort(([a, sizeA], [b, sizeB]) => sizeB - sizeA || (a < b ? -1 : 1))
    .slice(0, mostClasses - 1);
  const kept = new Set(frequent.map(([name]) => name));
  return classesOf(named.map((name) => (kept.has(name) ? name : others)));
}

function classesOf(named: readonly string[]): ImageClasses {
  const names = [...new Set(named)].sort((a, b) => Number(a === others) - Number(b === others) || (a < b ? -1 : 1));
  return { names, ofImage: named.map((name) => names.indexOf(name)) };
}
