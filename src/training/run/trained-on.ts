/** Which images a run was trained on: figures of them are better than those of images that it never saw. */
import type { RunConfig } from '../../config/config.js';
import { type ImageFile, openImages } from '../../data/images.js';
import { splitValidation } from '../../data/split.js';
import { UserError } from '../../errors.js';

/** The same for an image however it was found: in a folder, in one above it, by a list or a glob. */
export function identityOf({ path, location }: ImageFile): string {
  return location !== undefined && 'position' in location ? `${path}@${location.position}` : path;
}

/**
 * The identities of the training side of a run's images, as they are there today.
 *
 * @returns undefined where that cannot be known: a program handed the pictures over, or they are not where they were
 */
export async function imagesTrainedOn({ directory, options }: RunConfig): Promise<ReadonlySet<string> | undefined> {
  if (directory === undefined) return undefined;
  try {
    const { files } = await openImages(directory, options);
    return new Set(splitValidation(files, options.validation).training.map(identityOf));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
