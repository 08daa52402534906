/** What is at a place where images are: what can be used, what cannot and why, and what somebody should look at. */
import { availableParallelism } from 'node:os';
import { sha256Of } from '../digest.js';
import { prefetch } from './batches/prefetch.js';
import { type ImageFile, type ImageSearch, type LeftOut, openImages } from './images.js';
import { type ImageText, readText } from './input/beside/companions.js';
import { contentOf } from './input/image-file.js';
import { decodeResized, type ReadOptions, type ResizedPicture } from './pictures/decode.js';
import { type SkippedImage, UnreadableImage } from './skipped.js';

/** What is at a place where images are: what can be used, what cannot and why, and what somebody should look at. */
export interface FolderCheck {
  /** How many can be read; all counts below are of these. */
  readonly images: number;
  /** Images per class, in the order of the classes' numbers. */
  readonly labels: Readonly<Record<string, number>>;
  /** How many have a caption, and how many metadata, beside them. */
  readonly captions: number;
  readonly metadata: number;
  /** In px, upright. */
  readonly sizes: { readonly width: Spread; readonly height: Spread };
  /** Images per format, told by their content. */
  readonly formats: Readonly<Record<string, number>>;
  readonly skipped: readonly SkippedImage[];
  /** What lies beside the images and is not read, by its ending. */
  readonly leftOut: readonly LeftOut[];
  /** Groups of images whose files have the same bytes, as relative paths. */
  readonly duplicates: readonly (readonly string[])[];
  /** Images that are nearly of one colour, as relative paths. */
  readonly nearlyConstant: readonly string[];
  /** Images that are nearly black, as relative paths. */
  readonly nearlyBlack: readonly string[];
  /** What a person should know of the classes: one sentence each. */
  readonly notes: readonly string[];
}

/** The least, the median and the greatest of some numbers. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What is looked at, and who is told how far it is. */
export interface CheckOptions extends ImageSearch, ReadOptions {
  /** Told after every file. */
  readonly onProgress?: (done: number, files: number) => void;
}

/** Side of what is looked at of a picture, in px. */
const lookPx = 32;
/** A picture whose values spread no further is nearly of one colour; one without a brighter value is nearly black. */
const [constantSpread, blackValue] = [4, 12];

interface Look {
  readonly picture: ResizedPicture;
  readonly sha256: string;
  readonly text: ImageText | undefined;
}

/**
 * Decodes every image at `root` completely.
 *
 * @throws UserError if there are no images at all
 */
export async function checkFolder(root: string, options: CheckOptions): Promise<FolderCheck> {
  const { files, classes, leftOut, notes, damage } = await openImages(root, options);
  const read: { file: ImageFile; facts: Omit<Look, 'picture'> & ReturnType<typeof factsOf> }[] = [];
  const skipped: SkippedImage[] = damage.map(({ message }) => ({ path: root, reason: message }));
  const lookAt = async (file: ImageFile) => ({ file, look: await look(file, options) });
  let done = 0;
  for await (const { file, look } of prefetch(files, lookAt, { concurrency: 2 * availableParallelism(), ahead: 64 })) {
    options.onProgress?.(++done, files.length);
    if (look instanceof UnreadableImage) skipped.push({ path: file.relativePath, reason: look.message });
    else read.push({ file, facts: { sha256: look.sha256, text: look.text, ...factsOf(look.picture) } });
  }
  const pathsOf = (wanted: (facts: (typeof read)[number]['facts']) => boolean) =>
    read.filter(({ facts }) => wanted(facts)).map(({ file }) => file.relativePath);
  const labels = countEach(read.flatMap(({ file: { label } }) => label ?? []));
  return {
    images: read.length,
    labels: Object.fromEntries(classes.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]]))),
    captions: pathsOf(({ text }) => text?.caption !== undefined).length,
    metadata: pathsOf(({ text }) => text?.metadata !== undefined).length,
    sizes: {
      width: spreadOf(read.map(({ facts }) => facts.width)),
      height: spreadOf(read.map(({ facts }) => facts.height)),
    },
    formats: countEach(read.map(({ facts }) => facts.format)),
    skipped,
    leftOut,
    duplicates: groupsOf(read.map(({ file, facts }) => [facts.sha256, file.relativePath])),
    nearlyConstant: pathsOf(({ spread }) => spread <= constantSpread),
    nearlyBlack: pathsOf(({ brightest }) => brightest <= blackValue),
    notes,
  };
}

async function look(file: ImageFile, options: ReadOptions): Promise<Look | UnreadableImage> {
  try {
    const content = await contentOf(file);
    const picture = await decodeResized(content, { ...options, size: lookPx });
    return { picture, sha256: sha256Of(content), text: file.companions && (await readText(file.companions)) };
  } catch (error) {
    if (error instanceof UnreadableImage) return error;
    throw error;
  }
}

function factsOf({ pixels, channels, originalWidth, originalHeight, format }: ResizedPicture) {
  let [spread, brightest] = [0, 0];
  for (let channel = 0; channel < channels; channel++) {
    let [low, high] = [255, 0];
    for (let index = channel; index < pixels.length; index += channels) {
      const value = pixels[index] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    [spread, brightest] = [Math.max(spread, high - low), Math.max(brightest, high)];
  }
  return { spread, brightest, width: originalWidth, height: originalHeight, format };
}

/** The values of each key that has several. */
function groupsOf(pairs: readonly (readonly [key: string, value: string])[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return [...groups.values()].filter(({ length }) => length > 1);
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
