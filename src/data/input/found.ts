/** Where the files are that somebody means: in a folder, behind a glob, in a list, or one. */
import { Buffer } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { absolute, below, folderOf, isObjectUrl, relativeTo } from '../../storage/locations.js';
import type { SizeLookup } from '../../storage/storage.js';
import { storageOf } from '../../storage/storage-of.js';
import { headSizeBytes, sniffFormat } from '../pictures/formats/format.js';
import { fileError, UnreadableImage } from '../skipped.js';
import { companionNames, companionsAmong } from './beside/companions.js';
import { isMetadataTable, metadataTables, readMetadataTables } from './beside/metadata-table.js';
import type { Companions, ImageSource } from './image-file.js';
import { hasImageEnding, type Kind, kindOf } from './kinds.js';
import { type LeftOutTally, tallyLeftOut } from './left-out.js';
import { readList } from './list.js';
import { endingOf, foldersOf } from './names.js';
import { searchPatternOf } from './search/patterns.js';
import { type FoundFile, type WalkOptions, walkFolder } from './search/walk.js';
import { kindOfUrl, walkObjects } from './search/walk-objects.js';

export interface Found {
  /** Absolute: what relative paths and classes count from. */
  readonly folder: string;
  readonly images: readonly FoundImage[];
  /** Absolute paths. Where there are some, they are what is meant, and there are no images beside them. */
  readonly tars: readonly string[];
  /** Folders that could not be searched, as relative paths. */
  readonly unsearched: readonly string[];
}

export interface FoundImage extends FoundFile {
  readonly companions?: Companions;
}

export interface SearchOptions {
  readonly leftOut: LeftOutTally;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UserError where there is nothing at `root` */
export async function searchRoot(root: string, options: SearchOptions): Promise<Found> {
  const kind = await kindOfRoot(root);
  if (kind === 'folder') {
    const files = await walk(root, options);
    return sorted(absolute(root), files, files, options.leftOut);
  }
  if (kind === 'file') return searchFile(root);
  const pattern = searchPatternOf(root);
  if (pattern === undefined) {
    throw new UserError(
      `Found nothing at ${root}: pass a folder of images, a glob in quotes, a list of files or tar files.`,
    );
  }
  // What a glob does not match is not left out but not meant.
  const { folder, depth } = pattern;
  const files = await walk(folder, { ...options, depth, leftOut: tallyLeftOut() });
  const meant = files.filter(({ relativePath }) => pattern.matches(relativePath));
  return sorted(folder, meant, files, options.leftOut);
}

const walk = (folder: string, options: WalkOptions) =>
  isObjectUrl(folder) ? walkObjects(folder, options) : walkFolder(folder, options);

/** What there is at `root`, if anything. */
async function kindOfRoot(root: string): Promise<'folder' | 'file' | undefined> {
  if (!isObjectUrl(root)) {
    const status = await stat(root).catch(() => undefined);
    return status && (status.isDirectory() ? 'folder' : 'file');
  }
  return kindOfUrl(root);
}

async function searchFile(root: string): Promise<Found> {
  const path = absolute(root);
  if (/\.(tar|tar\.\w+|tgz)$/i.test(root)) return { folder: folderOf(path), images: [], tars: [path], unsearched: [] };
  const isImage = hasImageEnding(root) || sniffFormat(await headOf({ path, relativePath: root })) !== undefined;
  const folder = folderOf(path);
  if (isImage)
    return {
      folder,
      images: await besides(folder, [{ path, relativePath: relativeTo(folder, path) }]),
      tars: [],
      unsearched: [],
    };
  const list = await readList(root);
  const tars = list.files.filter(isTar).map((file) => file.path);
  if (tars.length > 0 && tars.length < list.files.length) {
    throw new UserError(`${root} lists both images and tar files, wanted one of both: split the list.`);
  }
  return {
    folder: list.folder,
    images: tars.length > 0 ? [] : await besides(list.folder, list.files),
    tars,
    unsearched: [],
  };
}

/** Files that were named one by one have their companions searched one by one. */
async function besides(folder: string, files: readonly FoundFile[]): Promise<FoundImage[]> {
  const sizeOf = (await storageOf(folder)).sizesBelow(folder);
  const { lines } = await readMetadataTables(await tablesAbove(folder, files, sizeOf));
  const images: FoundImage[] = [];
  for (const file of files) {
    const { captions, metadata } = companionNames(file.path);
    const there = new Set<string>();
    for (const path of [...captions, ...metadata]) {
      if ((await sizeOf(relativeTo(folder, path))) !== undefined) there.add(path);
    }
    const beside = companionsAmong(file.path, (path) => (there.has(path) ? { path } : undefined));
    images.push(withCompanions(file, beside, lines.get(file.relativePath)));
  }
  return images;
}

/** In the folders of the files, and those between them and `folder`. */
async function tablesAbove(folder: string, files: readonly FoundFile[], sizeOf: SizeLookup) {
  const folders = new Set(['', ...files.flatMap(({ relativePath }) => foldersOf(relativePath))]);
  const paths = [...folders].flatMap((at) => metadataTables.map((name) => at + name));
  const tables = paths.map((relativePath) => ({ relativePath, source: { path: below(folder, relativePath) } }));
  const areThere = await Promise.all(tables.map(({ relativePath }) => sizeOf(relativePath)));
  return tables.filter((_, index) => areThere[index] !== undefined);
}

function withCompanions(file: FoundFile, beside: Companions, line: string | undefined): FoundImage {
  const companions = { ...beside, ...(line !== undefined && { line }) };
  return Object.keys(companions).length === 0 ? file : { ...file, companions };
}

const isTar = ({ relativePath }: FoundFile) => endingOf(relativePath) === '.tar';

/** Tells images from other files. A folder that holds tars and no image is a folder of tars. */
/** @param all files that may stand beside those that are meant */
async function sorted(
  folder: string,
  files: readonly FoundFile[],
  all: readonly FoundFile[],
  leftOut: LeftOutTally,
): Promise<Found> {
  const unsearched = all.filter(({ isFolder }) => isFolder).map(({ relativePath }) => relativePath);
  const images = files.filter(({ relativePath }) => hasImageEnding(relativePath));
  const others = files.filter(({ relativePath }) => !hasImageEnding(relativePath));
  const tars = images.length === 0 ? others.filter(isTar) : [];
  const { find, used, foreignTables, withoutImage } = await companionFinder(all);
  // A glob means some of the images, a table may tell of all.
  if (files === all) {
    for (const path of withoutImage) leftOut.add('lines of tables whose image is not there', path);
    for (const path of foreignTables) leftOut.add('tables without file_name', path, foreignTableAdvice);
  }
  // First those that are images by name: what stands beside them is no image by its content.
  const found = images.map(find);
  const unread: (readonly [path: string, kind: string, advice: string | undefined])[] = [];
  for (const file of others) {
    if (tars.includes(file)) continue;
    const kind = await kindOfFile(file);
    if (!kind.isImage) unread.push([file.relativePath, kind.kind, kind.advice]);
    else if (tars.length === 0) found.push(find(file));
    else leftOut.add('images beside tar files', file.relativePath);
  }
  // Last, since the images by content have companions among them.
  for (const [path, kind, advice] of unread) if (!used.has(path)) leftOut.add(kind, path, advice);
  return { folder, images: found, tars: tars.map(({ path }) => path).sort(), unsearched };
}

const foreignTableAdvice = 'not read; one that should tell of these images names each in file_name';

/** Finds what stands beside images: files of their names, and lines of the tables of their folder or one above it. */
async function companionFinder(all: readonly FoundFile[]) {
  const byPath = new Map(all.map((file) => [file.relativePath, file]));
  const tables = all.filter(({ relativePath }) => isMetadataTable(relativePath));
  const { lines, foreign } = await readMetadataTables(tables.map((file) => ({ ...file, source: imageSourceOf(file) })));
  const used = new Set<string>(tables.map(({ relativePath }) => relativePath));
  const sourceOf = (name: string) => {
    const file = byPath.get(name);
    return file && imageSourceOf(file);
  };
  const find = (image: FoundFile) => {
    const beside = companionsAmong(image.relativePath, sourceOf, (name) => used.add(name));
    return withCompanions(image, beside, lines.get(image.relativePath));
  };
  const withoutImage = [...lines.keys()].filter((path) => !byPath.has(path));
  return { find, used, foreignTables: foreign, withoutImage };
}

/** Where the bytes of a file are. */
export function imageSourceOf({ path, pathBytes, refusal }: FoundFile): ImageSource {
  return { path, ...(pathBytes && { location: { pathBytes } }), ...(refusal !== undefined && { refusal }) };
}

const kindOfFile = async (file: FoundFile): Promise<Kind> =>
  file.refusal === undefined ? kindOf(file.relativePath, () => headOf(file)) : { isImage: false, kind: file.refusal };

async function headOfObject(url: string, knownBytes?: number): Promise<Buffer> {
  const storage = await storageOf(url);
  const sizeBytes = knownBytes ?? (await storage.sizeOf(url)) ?? 0;
  if (sizeBytes === 0) return Buffer.alloc(0);
  return Buffer.from((await storage.readRange(url, 0, Math.min(sizeBytes, headSizeBytes))).buffer);
}

/** The first bytes of a file; none where it cannot be read. */
async function headOf({ path, pathBytes, sizeBytes }: FoundFile): Promise<Buffer> {
  try {
    if (isObjectUrl(path)) return await headOfObject(path, sizeBytes);
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
