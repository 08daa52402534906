/** Batches of random views, drawn so that classes of few pictures are not drowned by those of many. */

import type { ImageFile } from '../../data/images.js';
import type { ResizedPicture } from '../../data/pictures/decode.js';
import { createPictureReader } from '../../data/pictures/pictures.js';
import { UnreadableImage } from '../../data/skipped.js';
import { type RandomStream, randomStream } from '../../random.js';
import { writeRandomView } from './augmentation.js';

export interface LabelledPicture {
  readonly picture: ResizedPicture;
  /** Index into the labels. */
  readonly label: number;
}

export interface PhotoBatch {
  /** [B, size, size, 3]. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

const maxPixels = 2 ** 26;

/** Decodes pictures of known labels to a shorter side of `size` px; all of them stay in memory. */
export async function readPictures(
  files: readonly ImageFile[],
  labels: readonly string[],
  size: number,
): Promise<LabelledPicture[]> {
  const read = createPictureReader({ size, maxPixels, cacheBytes: 0 });
  const pictures: LabelledPicture[] = [];
  const parallel = 8;
  for (let first = 0; first < files.length; first += parallel) {
    const chunk = files.slice(first, first + parallel);
    const decoded = await Promise.all(chunk.map((file) => read(file)));
    decoded.forEach((picture, index) => {
      const label = labels.indexOf(chunk[index]?.label ?? '');
      if (!(picture instanceof UnreadableImage)) pictures.push({ picture, label });
    });
  }
  return pictures;
}

/**
 * Batch number `step`, a function of the pictures, the seed and the number alone. A class of n pictures is drawn with a
 * probability proportional to sqrt(n), its pictures evenly.
 */
export function createPhotoSampler(pictures: readonly LabelledPicture[], size: number, seed: number) {
  const classes = new Map<number, LabelledPicture[]>();
  for (const picture of pictures) classes.set(picture.label, [...(classes.get(picture.label) ?? []), picture]);
  const members = [...classes.values()];
  // Class k is drawn when the uniform draw lies below ends[k] and not below the one before.
  let total = 0;
  const ends = members.map(({ length }) => {
    total += Math.sqrt(length);
    return total;
  });
  const draw = (random: RandomStream): LabelledPicture => {
    const at = random.uniform() * total;
    const chosen = members[ends.findIndex((end) => at < end)] as LabelledPicture[];
    return chosen[random.integer(chosen.length)] as LabelledPicture;
  };
  return (step: number, batch: number): PhotoBatch => {
    const images = new Float32Array(batch * size * size * 3);
    const labels = new Int32Array(batch);
    for (let index = 0; index < batch; index++) {
      const random = randomStream('feature view', seed, step, index);
      const { picture, label } = draw(random);
      labels[index] = label;
      writeRandomView(picture, size, random, images, index * size * size * 3);
    }
    return { images, labels };
  };
}
