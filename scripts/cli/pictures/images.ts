/** The images that a command is given, and what it says of them. */
import type { ImageSearch, ImageSet } from '../../../src/data/images.js';
import { leftOutLine } from '../../../src/data/input/left-out.js';
import { note } from '../output.js';

/** What can be handed to every command that wants images. */
export const imagesMeaning =
  'folder of images (its folders are the classes), glob in quotes, list of files, tar file, folder or glob of tars, one image';

/** @throws UserError where there are none, or a tar file cannot be read to its end */
export async function openCommandImages(root: string, filter: ImageSearch): Promise<ImageSet> {
  const { openImages } = await import('../../../src/data/images.js');
  const images = await openImages(root, filter);
  if (images.damage[0] !== undefined) throw images.damage[0];
  noteImages(images);
  return images;
}

/** Says what was left out, and what a person should know of the classes. */
export function noteImages({ leftOut, notes }: Pick<ImageSet, 'leftOut' | 'notes'>): void {
  if (leftOut.length > 0) note('Beside the images there are files that are not read:');
  for (const kind of leftOut) note(`  ${leftOutLine(kind)}`);
  for (const sentence of notes) note(sentence);
}
