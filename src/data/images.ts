/** Which images there are: in a folder, behind a glob, in a list, or one. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import fg from 'fast-glob';
import { reasonOf, UserError } from '../errors.js';
import { imageExtensions } from './pictures/format.js';

export interface ImageFile {
  /** Absolute. */
  readonly path: string;
  /** From the folder that was searched, with forward slashes. */
  readonly relativePath: string;
  /** The folder or folders above the file, where it has any: `cats`, `birds/owls`. */
  readonly label?: string;
}

export interface ImageFilter {
  /** Only files that match this glob, relative to the folder. */
  readonly include?: string | undefined;
  /** No files that match this glob, relative to the folder. */
  readonly exclude?: string | undefined;
}

/**
 * The images of `root`, in the order of their paths' UTF-16 code units, whatever the file system's order.
 *
 * @param root a folder (searched to any depth, without names that start with a dot), a glob, a text file that names one
 *   image per line (relative to its own folder), or one image
 * @throws UserError if there are none
 */
export async function findImages(root: string, filter: ImageFilter = {}): Promise<ImageFile[]> {
  const found = await findFiles(root);
  if (found.images.length === 0) throw new UserError(noImages(root, found.others));
  const images = found.images.map((path) => imageFile(found.folder, path));
  const kept = await filterImages(found.folder, images, filter);
  if (kept.length === 0) throw new UserError(nothingLeft(root, images.length, filter));
  return kept.sort((a, b) => (a.relativePath < b.relativePath ? -1 : 1));
}

/** The labels of `files`, each once, in the order of their code units. */
export function labelsOf(files: readonly ImageFile[]): string[] {
  return [...new Set(files.flatMap(({ label }) => (label === undefined ? [] : [label])))].sort();
}

/** The files below `folder` that match `glob`, as paths with forward slashes from there. */
export async function matchesBelow(folder: string, glob: string, options: fg.Options = {}): Promise<Set<string>> {
  try {
    return new Set(await fg(glob, { cwd: folder, ...options }));
  } catch (error) {
    throw new UserError(`Cannot search ${folder}: ${reasonOf(error)}.`, { cause: error });
  }
}

interface Found {
  /** Absolute: what relative paths and labels count from. */
  readonly folder: string;
  /** Absolute paths, each once. */
  readonly images: readonly string[];
  readonly others: readonly string[];
}

async function findFiles(root: string): Promise<Found> {
  const entry = await stat(root).catch(() => undefined);
  if (entry?.isDirectory()) return search(root, '**');
  if (entry !== undefined && hasImageExtension(root)) {
    return { folder: dirname(resolve(root)), images: [resolve(root)], others: [] };
  }
  if (entry !== undefined) return readList(root);
  if (fg.isDynamicPattern(root)) {
    const base = commonFolder(fg.generateTasks(root).map((task) => resolve(task.base)));
    return search(base, relative(base, resolve(root)).split(sep).join('/'));
  }
  throw new UserError(`Found nothing at ${root}: pass a folder of images, a glob in quotes, or a list of files.`);
}

async function search(folder: string, glob: string): Promise<Found> {
  const paths = [...(await matchesBelow(folder, glob))].map((path) => resolve(folder, path));
  const [images, others] = [paths.filter(hasImageExtension), paths.filter((path) => !hasImageExtension(path))];
  return { folder: resolve(folder), images, others };
}

/** Paths count from the list's own folder, or from the folder that all files share if some lie elsewhere. */
async function readList(list: string): Promise<Found> {
  const text = await readFile(list, 'utf8');
  if (text.includes('\0')) {
    throw new UserError(`${list} is neither an image nor a list of images: pass a folder, a glob or a text file.`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const listFolder = dirname(resolve(list));
  const images = [...new Set(lines.map((line) => resolve(listFolder, line)))];
  const isBelow = images.every((path) => path.startsWith(listFolder + sep));
  return { folder: isBelow ? listFolder : commonFolder(images.map((path) => dirname(path))), images, others: [] };
}

/** The deepest folder that holds all of `folders`. */
function commonFolder(folders: readonly string[]): string {
  const holds = (folder: string) => folders.every((other) => `${other}${sep}`.startsWith(withSeparator(folder)));
  let common = folders[0] ?? resolve('.');
  while (!holds(common)) common = dirname(common);
  return common;
}

/** The root of a file system ends in a separator already. */
function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

function imageFile(folder: string, path: string): ImageFile {
  const relativePath = relative(folder, path).split(sep).join('/');
  const lastSlash = relativePath.lastIndexOf('/');
  return { path, relativePath, ...(lastSlash > 0 && { label: relativePath.slice(0, lastSlash) }) };
}

async function filterImages(folder: string, images: ImageFile[], filter: ImageFilter): Promise<ImageFile[]> {
  const { include, exclude } = filter;
  if (include === undefined && exclude === undefined) return images;
  const ignore = exclude === undefined ? [] : [exclude];
  const matching = await matchesBelow(folder, include ?? '**', { ignore, dot: true });
  return images.filter(({ relativePath }) => matching.has(relativePath));
}

function hasImageExtension(path: string): boolean {
  return imageExtensions.some((extension) => path.toLowerCase().endsWith(`.${extension}`));
}

function noImages(root: string, others: readonly string[]): string {
  const extensions = [...new Set(others.map((path) => extname(path) || 'no extension'))].sort();
  const rest = others.length === 0 ? 'nothing' : `${others.length} other files (${extensions.slice(0, 5).join(', ')})`;
  return `Found no images at ${root} but ${rest}: images end in ${imageExtensions.join(', ')}.`;
}

function nothingLeft(root: string, images: number, { include, exclude }: ImageFilter): string {
  const options = [include && `--include ${include}`, exclude && `--exclude ${exclude}`].filter(Boolean).join(' ');
  return `None of the ${images} images at ${root} is left after ${options}: globs are relative to that folder.`;
}
