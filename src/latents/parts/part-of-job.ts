/** What of all images this process encodes. */
import { basename } from 'node:path';
import type { ImageFile, ImageSet } from '../../data/images.js';
import type { EncodeFolderOptions } from '../writing/encode.js';
import { isInPart, type Part } from './part.js';

export { type ChosenPart, choosePart } from './environment.js';
export { openPartFolder } from './part.js';

/** What `encodeFolder` is told of them. The numbers of classes are those of all images, so that all parts agree on them. */
export function restrictToPart(
  { files, classes }: Pick<ImageSet, 'files' | 'classes'>,
  part?: Part,
): Pick<EncodeFolderOptions, 'files' | 'classes' | 'part' | 'imagesOfAllParts'> {
  if (part === undefined) return { files, classes };
  const { number, count } = part;
  const chosen = files.filter((file) => isInPart(keyOf(file), part));
  const of = files.some((file) => tarOf(file) !== undefined) ? 'tars' : 'images';
  return { files: chosen, classes, part: { number, count, of }, imagesOfAllParts: files.length };
}

/** What decides an image's part: its path, or for one in a tar that of the tar, which one part then reads as a whole. */
function keyOf({ relativePath, ...file }: ImageFile): string {
  const tar = tarOf(file);
  if (tar === undefined) return relativePath;
  // From the folder that was searched on: where that lies may differ between machines.
  const segments = relativePath.split('/');
  const name = segments.indexOf(basename(tar).replace(/\.tar$/i, ''));
  return segments.slice(0, name + 1).join('/');
}

function tarOf({ location }: Pick<ImageFile, 'location'>): string | undefined {
  return location !== undefined && 'tar' in location ? location.tar : undefined;
}
