/** What `encode` says of images of the store that changed or are gone, and of what it did about them. */
import type { EncodeSummary } from '../../../src/latents/writing/encode-options.js';
import { printable } from '../../../src/printable.js';
import { counted } from '../../../src/quantities.js';

interface Flags {
  readonly update: boolean;
  readonly prune: boolean;
}

const mostNames = 10;

export function changeLines({ changes, renewal }: EncodeSummary, { update, prune }: Flags): string[] {
  if (changes === undefined) return [];
  const { changed, relabelled, retold, gone } = changes;
  const isDone = { update: update && renewal !== undefined, prune: prune && renewal !== undefined };
  const remedy = isDone.update ? 'the store has them as they are now' : '--update brings them up to date';
  const dropped = isDone.prune ? 'dropped from the store' : 'the store keeps them, --prune drops them';
  return [
    ...group('changed since encoding', remedy, changed),
    ...group('of another class than the store says', remedy, relabelled),
    ...group('with another caption or other metadata than the store has', remedy, retold),
    ...group('no longer among the images', dropped, gone),
    ...(renewal?.renumbered ? ['The classes are numbered anew: manifest.json has the list.'] : []),
  ];
}

function group(what: string, remedy: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const left = paths.length - mostNames;
  return [
    `${counted(paths.length, 'image')} ${what} (${remedy}):`,
    ...paths.slice(0, mostNames).map((path) => `  ${printable(path)}`),
    ...(left > 0 ? [`  … and ${left} more (--json lists all)`] : []),
  ];
}
