/** Filling the places of a batch. */

import type { ImageFile } from '../images.js';
import { type CropOrigin, cropPicture, type DecodedImage } from '../pictures/decode.js';
import type { Crop } from '../pictures/framing/crop.js';
import type { ReadPicture } from '../pictures/pictures.js';
import { toUnitRange } from '../pictures/values/pixels.js';
import { recordSkipped, type SkippedImage, UnreadableImage } from '../skipped.js';

/** Images of a batch, with what is known of each. */
export interface ImageBatch {
  /** [B, size, size, 3] in [-1, 1]. */
  readonly images: Float32Array<ArrayBuffer>;
  /** Where each image comes from: [B], as the two below. */
  readonly files: readonly ImageFile[];
  readonly labels: readonly (string | undefined)[];
  readonly origins: readonly CropOrigin[];
}

export interface Augmentation {
  readonly crop: Crop;
  readonly mirror: boolean;
  /** Of the picture's shorter side in px, where it is not the crop's. */
  readonly pictureSize?: number;
}

/** One place in a batch: what fills it, and what was tried for it in vain. */
export interface Slot {
  readonly filled?: FilledSlot;
  readonly failures: readonly SkippedImage[];
}

interface FilledSlot {
  readonly file: ImageFile;
  readonly image: DecodedImage;
}

/** Fills a slot with the first of `candidates` that can be read. */
export async function fillSlot(candidates: Iterable<ImageFile>, read: ReadPicture, how: Augmentation): Promise<Slot> {
  const failures: SkippedImage[] = [];
  for (const file of candidates) {
    const picture = await read(file, how.pictureSize);
    if (!(picture instanceof UnreadableImage)) {
      return { filled: { file, image: cropPicture(picture, how.crop, how.mirror) }, failures };
    }
    failures.push({ path: file.relativePath, reason: picture.message });
  }
  return { failures };
}

/** Batches of the filled slots; the last may be smaller. Failures go on the `skipped` list when their turn comes. */
export async function* collectBatches(
  slots: AsyncIterable<Slot>,
  batch: number,
  skipped: SkippedImage[],
): AsyncGenerator<ImageBatch, void, void> {
  let filled: FilledSlot[] = [];
  for await (const slot of slots) {
    for (const failure of slot.failures) recordSkipped(skipped, failure);
    if (slot.filled !== undefined) filled.push(slot.filled);
    if (filled.length < batch) continue;
    yield assemble(filled);
    filled = [];
  }
  if (filled.length > 0) yield assemble(filled);
}

function assemble(slots: readonly FilledSlot[]): ImageBatch {
  const sizes = slots.map(({ image }) => image.pixels.length);
  const images = new Float32Array(sizes.reduce((sum, size) => sum + size, 0)); // [B, size, size, 3]
  slots.forEach(({ image }, index) => {
    toUnitRange(image.pixels, images, index * image.pixels.length);
  });
  return {
    images,
    files: slots.map(({ file }) => file),
    labels: slots.map(({ file }) => file.label),
    origins: slots.map(({ image: { originalWidth, originalHeight, cropBox } }) => {
      return { originalWidth, originalHeight, cropBox };
    }),
  };
}
