/** Where the files are that somebody means: in a folder, behind a glob, in a list, or one. */
import { Buffer } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { headSizeBytes, sniffFormat } from '../pictures/format.js';
import { fileError, UnreadableImage } from '../skipped.js';
import { hasImageEnding, kindOf } from './kinds.js';
import { type LeftOutTally, tallyLeftOut } from './left-out.js';
import { readList } from './list.js';
import { endingOf } from './names.js';
import { searchPatternOf } from './patterns.js';
import { type FoundFile, walkFolder } from './walk.js';

export interface Found {
  /** Absolute: what relative paths and classes count from. */
  readonly folder: string;
  readonly images: readonly FoundFile[];
  /** Absolute paths. Where there are some, they are what is meant, and there are no images beside them. */
  readonly tars: readonly string[];
}

export interface SearchOptions {
  readonly leftOut: LeftOutTally;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UserError where there is nothing at `root` */
export async function searchRoot(root: string, options: SearchOptions): Promise<Found> {
  const status = await stat(root).catch(() => undefined);
  if (status?.isDirectory()) return sorted(resolve(root), await walkFolder(root, options), options.leftOut);
  if (status !== undefined) return searchFile(root);
  const pattern = searchPatternOf(root);
  if (pattern === undefined) {
    throw new UserError(
      `Found nothing at ${root}: pass a folder of images, a glob in quotes, a list of files or tar files.`,
    );
  }
  // What a glob does not match is not left out but not meant.
  const { folder, depth } = pattern;
  const files = await walkFolder(folder, { ...options, depth, leftOut: tallyLeftOut() });
  return sorted(
    folder,
    files.filter(({ relativePath }) => pattern.matches(relativePath)),
    options.leftOut,
  );
}

async function searchFile(root: string): Promise<Found> {
  const path = resolve(root);
  if (/\.(tar|tar\.\w+|tgz)$/i.test(root)) return { folder: dirname(path), images: [], tars: [path] };
  const isImage = hasImageEnding(root) || sniffFormat(await headOf({ path, relativePath: root })) !== undefined;
  const folder = dirname(path);
  if (isImage) return { folder, images: [{ path, relativePath: relative(folder, path) }], tars: [] };
  const list = await readList(root);
  const tars = list.files.filter(isTar).map((file) => file.path);
  if (tars.length > 0 && tars.length < list.files.length) {
    throw new UserError(`${root} lists both images and tar files, wanted one of both: split the list.`);
  }
  return { folder: list.folder, images: tars.length > 0 ? [] : list.files, tars };
}

const isTar = ({ relativePath }: FoundFile) => endingOf(relativePath) === '.tar';

/** Tells images from other files. A folder that holds tars and no image is a folder of tars. */
async function sorted(folder: string, files: readonly FoundFile[], leftOut: LeftOutTally): Promise<Found> {
  const images: FoundFile[] = [];
  const others: FoundFile[] = [];
  for (const file of files) (hasImageEnding(file.relativePath) ? images : others).push(file);
  const tars = images.length === 0 ? others.filter(isTar) : [];
  for (const file of others) {
    if (tars.includes(file)) continue;
    if (file.refusal !== undefined) leftOut.add(file.refusal, file.relativePath);
    else if (await isImageByContent(file, leftOut)) images.push(file);
  }
  if (tars.length === 0) return { folder, images, tars: [] };
  for (const image of images) leftOut.add('images beside tar files', image.relativePath);
  return { folder, images: [], tars: tars.map(({ path }) => path).sort() };
}

async function isImageByContent(file: FoundFile, leftOut: LeftOutTally): Promise<boolean> {
  const kind = await kindOf(file.relativePath, () => headOf(file));
  if (!kind.isImage) leftOut.add(kind.kind, file.relativePath, kind.advice);
  return kind.isImage;
}

/** The first bytes of a file; none where it cannot be read. */
async function headOf({ path, pathBytes }: FoundFile): Promise<Buffer> {
  try {
    const handle = await open(pathBytes === undefined ? path : Buffer.from(pathBytes));
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headSizeBytes), 0, headSizeBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (fileError(error) instanceof UnreadableImage) return Buffer.alloc(0);
    throw error;
  }
}
