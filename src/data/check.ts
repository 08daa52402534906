/** What is in a folder of images, and what of it cannot be read. */
import { availableParallelism } from 'node:os';
import { prefetch } from './batches/prefetch.js';
import { findImages, type ImageFile, type ImageFilter } from './images.js';
import type { ResizedPicture } from './pictures/decode.js';
import { readPicture } from './pictures/pictures.js';
import { type SkippedImage, UnreadableImage } from './skipped.js';

export interface FolderCheck {
  /** How many can be read; all counts below are of these. */
  readonly images: number;
  /** Images per label. */
  readonly labels: Readonly<Record<string, number>>;
  /** In px, upright. */
  readonly sizes: { readonly width: Spread; readonly height: Spread };
  /** Images per format, told by their content. */
  readonly formats: Readonly<Record<string, number>>;
  readonly skipped: readonly SkippedImage[];
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface CheckOptions extends ImageFilter {
  readonly maxPixels: number;
  readonly onProgress?: (done: number, files: number) => void;
}

/**
 * Decodes every image of a folder completely.
 *
 * @throws UserError if there are no images at all
 */
export async function checkFolder(root: string, options: CheckOptions): Promise<FolderCheck> {
  const files = await findImages(root, options);
  const pictures: Pick<ResizedPicture, 'originalWidth' | 'originalHeight' | 'format'>[] = [];
  const labels: string[] = [];
  const skipped: SkippedImage[] = [];
  const read = async (file: ImageFile) => ({ file, result: await readPicture(file.path, { ...options, size: 8 }) });
  let done = 0;
  for await (const { file, result } of prefetch(files, read, { concurrency: 2 * availableParallelism(), ahead: 64 })) {
    options.onProgress?.(++done, files.length);
    if (result instanceof UnreadableImage) {
      skipped.push({ path: file.relativePath, reason: result.message });
      continue;
    }
    const { originalWidth, originalHeight, format } = result;
    pictures.push({ originalWidth, originalHeight, format });
    if (file.label !== undefined) labels.push(file.label);
  }
  return {
    images: pictures.length,
    labels: countEach(labels),
    sizes: {
      width: spreadOf(pictures.map(({ originalWidth }) => originalWidth)),
      height: spreadOf(pictures.map(({ originalHeight }) => originalHeight)),
    },
    formats: countEach(pictures.map(({ format }) => format)),
    skipped,
  };
}

function countEach(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Zeros if there are no values; the lower of the two middle ones where there are two. */
function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0] ?? 0, median: sorted[(sorted.length - 1) >> 1] ?? 0, max: sorted.at(-1) ?? 0 };
}
