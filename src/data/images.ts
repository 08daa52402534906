/** Which images there are: in a folder, behind a glob, in a list, in tar files, or one. */
import { UserError } from '../errors.js';
import { counted } from '../quantities.js';
import { type Found, type FoundImage, imageSourceOf, searchRoot } from './input/found.js';
import type { ImageFile } from './input/image-file.js';
import { classesOf, classOfFolders } from './input/labels.js';
import { type LeftOut, type LeftOutTally, leftOutLine, tallyLeftOut } from './input/left-out.js';
import { matcherOf } from './input/search/patterns.js';
import { imagesOfTars } from './input/tar/tar-images.js';
import { imageExtensions } from './pictures/formats/format.js';

export type { ImageFile } from './input/image-file.js';
export { labelsOf } from './input/labels.js';
export { type LeftOut, leftOutLine } from './input/left-out.js';

/** Which of the files at a place count, and what is their class. */
export interface ImageSearch {
  /** Only files that match this glob, relative to the folder. */
  readonly include?: string | undefined;
  /** No files that match this glob, relative to the folder. */
  readonly exclude?: string | undefined;
  /** Which of the folders above an image is its class: 1 is the first, as in torchvision's ImageFolder; 0 means all together. */
  readonly classDepth?: number | undefined;
  /** Larger members of tar files are refused before they are read. */
  readonly maxFileBytes?: number | undefined;
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined;
}

/** All that was found at one place. */
export interface ImageSet {
  /** In the order of their relative paths' UTF-16 code units. Some may turn out to be unreadable. */
  readonly files: readonly ImageFile[];
  /** The number of a class is its position. */
  readonly classes: readonly string[];
  /** What was found beside them. */
  readonly leftOut: readonly LeftOut[];
  /** What a person should know of the classes: one sentence each. */
  readonly notes: readonly string[];
  /** Why tar files could not be read to their end; what comes before is among `files`. */
  readonly damage: readonly UserError[];
  /** Folders that could not be searched, as relative paths. */
  readonly unsearched: readonly string[];
}

/**
 * The images of `root`, whatever the file system's order.
 *
 * @param root a folder (searched to any depth, without names that start with a dot; one that holds tar files and no image is a
 *   folder of tars), a glob, a text file that names one image or tar per line (relative to its own folder), a tar, or one image
 * @throws UserError if there are none
 */
export async function openImages(root: string, filter: ImageSearch = {}): Promise<ImageSet> {
  const leftOut = tallyLeftOut();
  const found = await searchRoot(root, { leftOut, signal: filter.signal });
  const { files: images, fromText, damage } = await imagesOf(found, filter, leftOut);
  if (images.length === 0) throw damage[0] ?? new UserError(noImages(root, leftOut.list()));
  const files = filtered(images, filter).sort((a, b) => (a.relativePath < b.relativePath ? -1 : 1));
  if (files.length === 0) throw new UserError(nothingLeft(root, images, filter));
  assertDistinct(files);
  const classes = classesOf(files, fromText);
  return {
    files,
    classes,
    leftOut: leftOut.list(),
    notes: notesOn(files, classes, fromText),
    damage,
    unsearched: found.unsearched,
  };
}

/** The images of `openImages` alone. */
export async function findImages(root: string, filter: ImageSearch = {}): Promise<ImageFile[]> {
  const { files, damage } = await openImages(root, filter);
  if (damage[0] !== undefined) throw damage[0];
  return [...files];
}

const defaultMaxFileBytes = 256 * 2 ** 20;

async function imagesOf({ folder, images, tars }: Found, filter: ImageSearch, leftOut: LeftOutTally) {
  const { classDepth = 1, maxFileBytes = defaultMaxFileBytes, signal } = filter;
  const withFolderClass = (file: ImageFile, folders: readonly string[]): ImageFile => {
    const label = classOfFolders(
      folders.filter((name) => name !== ''),
      classDepth,
    );
    return label === undefined ? file : { ...file, label };
  };
  if (tars.length === 0) {
    const files = images.map((file) => withFolderClass(imageFile(file), file.relativePath.split('/').slice(0, -1)));
    return { files, fromText: false, damage: [] };
  }
  const found = await imagesOfTars(folder, tars, { maxFileBytes, leftOut, signal });
  if (found.hasClassMembers) return { ...found, files: found.images.map(({ file }) => file), fromText: true };
  const files = found.images.map(({ file, member }) => withFolderClass(file, member.split('/').slice(0, -1)));
  return { ...found, files, fromText: false };
}

function imageFile({ relativePath, companions, ...file }: FoundImage): ImageFile {
  return { ...imageSourceOf({ relativePath, ...file }), relativePath, ...(companions && { companions }) };
}

/** Those of `images` whose paths match. */
export function filtered(images: readonly ImageFile[], { include, exclude }: ImageSearch): ImageFile[] {
  const isIncluded = include === undefined ? () => true : matcherOf(include, { dot: true });
  const isExcluded = exclude === undefined ? () => false : matcherOf(exclude, { dot: true });
  return images.filter(({ relativePath }) => isIncluded(relativePath) && !isExcluded(relativePath));
}

/** Two names that are no UTF-8 can look alike only if somebody meant them to. */
function assertDistinct(files: readonly ImageFile[]): void {
  const twin = files.find(({ relativePath }, index) => relativePath === files[index + 1]?.relativePath);
  if (twin !== undefined) {
    throw new UserError(`Two images would have the path ${twin.relativePath} (as text): rename one of them.`);
  }
}

function notesOn(files: readonly ImageFile[], classes: readonly string[], fromText: boolean): string[] {
  const notes: string[] = [];
  const unlabelled = files.filter(({ label }) => label === undefined);
  if (classes.length > 0 && unlabelled.length > 0) {
    notes.push(
      `${unlabelled.length} of ${counted(files.length, 'image')} have no class, such as ${unlabelled[0]?.relativePath}: ` +
        `${fromText ? 'there is no .cls beside them' : 'they lie in no folder of a class'}.`,
    );
  }
  const [only] = classes;
  const below = new Set(files.map(({ relativePath }) => relativePath.split('/').slice(1, -1).join('/')));
  if (!fromText && classes.length === 1 && below.size > 1) {
    notes.push(`All images are of one class, ${only}; --class-depth 2 takes the folders below it.`);
  }
  if (
    !fromText &&
    classes.length > 1 &&
    classes.every((name) => /^(train|training|val|valid|validation|test|testing)$/i.test(name))
  ) {
    notes.push(`The classes are ${classes.join(', ')}; --class-depth 2 takes the folders below them.`);
  }
  return notes;
}

function noImages(root: string, leftOut: readonly LeftOut[]): string {
  const kinds = leftOut.map(({ kind }) => kind).sort();
  const files = leftOut.reduce((sum, kind) => sum + kind.files, 0);
  const others = files === 1 ? 'but another file' : `but ${files} other files`;
  const rest = files === 0 ? ', and nothing else' : ` ${others} (${kinds.slice(0, 5).join(', ')})`;
  const advice = leftOut.flatMap((kind) => (kind.advice === undefined ? [] : [leftOutLine(kind)])).slice(0, 3);
  return [`Found no images at ${root}${rest}: images end in ${imageExtensions.join(', ')}`, ...advice]
    .join('; ')
    .concat('.');
}

function nothingLeft(root: string, images: readonly ImageFile[], { include, exclude }: ImageSearch): string {
  const options = [include && `--include ${include}`, exclude && `--exclude ${exclude}`].filter(Boolean).join(' ');
  const deeper = include === undefined || include.includes('/') ? undefined : `**/${include}`;
  const wouldMatch = deeper !== undefined && filtered(images, { include: deeper, exclude }).length > 0;
  const remedy = wouldMatch ? `--include '${deeper}' matches at any depth` : 'globs are relative to that folder';
  return `None of ${counted(images.length, 'image')} at ${root} is left after ${options}: ${remedy}.`;
}
