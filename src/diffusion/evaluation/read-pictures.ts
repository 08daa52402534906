/** Real pictures as a tokenizer sees them: 8-bit centre squares. */
import { evaluationBatches } from '../../data/batches/batches.js';
import type { ImageFile } from '../../data/images.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';

export interface ReadPictures {
  readonly pictures: readonly PixelImage[];
  /** Of each picture. */
  readonly files: readonly ImageFile[];
}

/** @throws UserError where no file can be read */
export async function readPictures(
  files: readonly ImageFile[],
  options: { readonly size: number; readonly batch: number; readonly maxPixels: number },
): Promise<ReadPictures> {
  const { size } = options;
  const pictures: PixelImage[] = [];
  const read: ImageFile[] = [];
  const floats = size * size * 3;
  for await (const { images, files: batchFiles } of evaluationBatches({ ...options, files, skipped: [] })) {
    for (const [index, file] of batchFiles.entries()) {
      const pixels = toBytes(images.subarray(index * floats, (index + 1) * floats));
      pictures.push({ pixels, width: size, height: size });
      read.push(file);
    }
  }
  return { pictures, files: read };
}
