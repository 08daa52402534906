/** The classes that a model is trained on, where it goes by them: the folders of its images. */
import type { TrainOptions } from '../config/config.js';
import { type ImageSet, openImages } from '../data/images.js';
import { UserError } from '../errors.js';
import { counted } from '../quantities.js';

/**
 * The names of the classes of all images, training and validation.
 *
 * @throws UserError where an image lies in no folder of a class
 */
export async function trainingClasses(images: ImageSet | string, options: TrainOptions): Promise<string[]> {
  const { files, classes } = typeof images === 'string' ? await openImages(images, options) : images;
  const unlabelled = files.filter(({ label }) => label === undefined);
  const [example] = unlabelled;
  if (example === undefined) return [...classes];
  throw new UserError(
    `The preset ${options.preset} goes by the class of every image, and ${unlabelled.length} of ${counted(files.length, 'image')} ` +
      `lie in no folder of a class, such as ${example.relativePath}: put the images of each class into a folder of its own.`,
  );
}
