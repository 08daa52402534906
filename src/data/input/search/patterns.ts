/** Globs, as fast-glob understands them, on paths of any origin: of files, of members of tars. */
import { dirname, resolve, sep } from 'node:path';
import fg from 'fast-glob';
import picomatch from 'picomatch';
import { absolute, commonPrefix, isObjectUrl, relativeTo } from '../../../storage/locations.js';

/** Whether a relative path matches `glob`. @param dot whether names may start with a dot */
export function matcherOf(glob: string, { dot }: { readonly dot: boolean }): (path: string) => boolean {
  // A line break in a name is a character like any other.
  const isMatch = picomatch(glob, { dot, flags: 's' });
  // Asked with a second argument, such as the index that `filter` gives, it would answer with an object.
  return (path) => isMatch(path);
}

export interface SearchPattern {
  /** Absolute: what relative paths count from. */
  readonly folder: string;
  readonly matches: (relativePath: string) => boolean;
  /** How many folders deep matches can lie. */
  readonly depth: number;
}

/** What a glob means, from its fixed part on; undefined where `text` is no glob. */
export function searchPatternOf(text: string): SearchPattern | undefined {
  if (!fg.isDynamicPattern(text)) return undefined;
  const folder = isObjectUrl(text) ? fixedPart(text) : commonFolder(basesOf(text).map((base) => resolve(base)));
  const glob = relativeTo(folder, absolute(text));
  const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length;
  return { folder, matches: matcherOf(glob, { dot: false }), depth };
}

/** Of every alternative of a glob, the folders up to the first that is no plain name. */
const basesOf = (glob: string): string[] => fg.generateTasks(glob).map(({ base }) => base);

/** The same of a URL, whose two slashes are no empty folder. */
function fixedPart(url: string): string {
  const scheme = /^[^:]*:\/\//.exec(url)?.[0] ?? '';
  return commonPrefix(basesOf(url.slice(scheme.length)).map((base) => scheme + base));
}

/** The deepest folder that holds all of `folders`. */
export function commonFolder(folders: readonly string[]): string {
  if (isObjectUrl(folders[0] ?? '')) return commonPrefix(folders);
  const holds = (folder: string) => folders.every((other) => `${other}${sep}`.startsWith(withSeparator(folder)));
  let common = folders[0] ?? resolve('.');
  while (!holds(common)) common = dirname(common);
  return common;
}

/** The root of a file system ends in a separator already. */
function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
