import { evaluationBatches } from '../data/batches/batches.js';
import type { ImageFile } from '../data/images.js';
import type { ReadOptions } from '../data/pictures/decode.js';
import type { SkippedImage } from '../data/skipped.js';
import type { EvaluationOptions } from './evaluate.js';

/** Images in memory at once, which is what looking at a latent space as a whole wants. */
export interface ReadImages {
  /** [count, size, size, C] in [-1, 1] */
  readonly images: Float32Array;
  /** Of each image. */
  readonly files: readonly ImageFile[];
  readonly shape: readonly [number, number, number];
  readonly skipped: readonly SkippedImage[];
}

/** The centre squares of all readable files. @throws UserError where there is none */
export async function readImages(
  files: readonly ImageFile[],
  options: Pick<EvaluationOptions, 'size' | 'batch' | 'maxPixels' | 'range'> & Pick<ReadOptions, 'imageChannels'>,
): Promise<ReadImages> {
  const { size, imageChannels: channels = 3 } = options;
  const skipped: SkippedImage[] = [];
  const read: ImageFile[] = [];
  const images = new Float32Array(files.length * size * size * channels);
  let floats = 0;
  for await (const batch of evaluationBatches({ ...options, files, skipped })) {
    images.set(batch.images, floats);
    floats += batch.images.length;
    read.push(...batch.files);
  }
  return { images: images.subarray(0, floats), files: read, shape: [size, size, channels], skipped };
}
