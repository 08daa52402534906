import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { classIndices } from '../../autoencoder/class-condition.js';
import type { ReadImages } from '../read-images.js';
import { type BoundEstimate, type BoundSettings, estimateBound } from './bound.js';

/** The bound of images that were read from files; see `estimateBound`. */
export function estimateBoundOfImages(
  model: Autoencoder,
  { images, files, shape }: ReadImages,
  settings: BoundSettings,
): Promise<BoundEstimate> {
  const labels = files.map(({ label }) => label);
  const names = files.map(({ relativePath }) => relativePath);
  return estimateBound(model, { images, shape, classes: classIndices(model.config, labels, names) }, settings);
}
