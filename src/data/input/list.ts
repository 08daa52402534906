/** Text files that name one image, or one tar, per line. */
import { Buffer } from 'node:buffer';
import { resolve, sep } from 'node:path';
import { UserError } from '../../errors.js';
import { absolute, below, folderOf, isObjectUrl, objectPlaceOf, relativeTo } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';
import { foreignFormatOf } from '../pictures/formats/format.js';
import { nameOf, utf8Of } from './names.js';
import { commonFolder } from './search/patterns.js';
import type { FoundFile } from './search/walk.js';

export interface ListedFiles {
  /** Absolute: the list's own folder, or the one that all files share if some lie elsewhere. */
  readonly folder: string;
  readonly files: readonly FoundFile[];
}

/** Lines count from the list's own folder. @throws UserError where the file is no list */
export async function readList(list: string): Promise<ListedFiles> {
  const bytes = withoutMark(await (await storageOf(list)).read(list), list);
  if (bytes.includes(0)) {
    const foreign = foreignFormatOf(bytes);
    if (foreign !== undefined) throw new UserError(`${list}: ${foreign.advice}.`);
    throw new UserError(`${list} is neither an image nor a list of images: pass a folder, a glob or a text file.`);
  }
  const listFolder = folderOf(absolute(list));
  const found = new Map<string, Omit<FoundFile, 'relativePath'>>();
  for (const line of linesOf(bytes)) {
    const path = located(nameOf(line), listFolder);
    const isText = utf8Of(line) !== undefined;
    const isAbsolute = line[0] === '/'.charCodeAt(0);
    const pathBytes = isAbsolute ? line : Buffer.concat([Buffer.from(listFolder + sep), line]);
    found.set(path, isText ? { path } : { path, pathBytes });
  }
  const files = [...found.values()];
  assertOnePlace(files, list);
  const isBelow = files.every(({ path }) => path.startsWith(`${listFolder}${isObjectUrl(listFolder) ? '/' : sep}`));
  const folder = isBelow ? listFolder : commonFolder(files.map(({ path }) => folderOf(path)));
  return {
    folder,
    files: files.map((file) => ({ ...file, relativePath: relativeTo(folder, file.path) })),
  };
}

/** What is in one store only can be searched for captions and tables, and has names that differ. */
function assertOnePlace(files: readonly Pick<FoundFile, 'path'>[], list: string): void {
  const places = new Set(files.map(({ path }) => (isObjectUrl(path) ? objectPlaceOf(path).bucket : undefined)));
  if (places.size <= 1) return;
  const what = places.has(undefined) ? 'both s3:// and files of this machine' : `objects of ${places.size} buckets`;
  throw new UserError(`${list} lists ${what}, wanted one place: split the list.`);
}

function located(line: string, listFolder: string): string {
  if (isObjectUrl(line)) return line;
  return isObjectUrl(listFolder) ? below(listFolder, line) : resolve(listFolder, line);
}

/** Without the mark of UTF-8, which is no part of the first name. */
function withoutMark(bytes: Buffer, list: string): Buffer {
  const [first, second, third] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new UserError(`${list} is UTF-16, wanted UTF-8: convert it (iconv -f UTF-16 -t UTF-8 ${list}).`);
  }
  return first === 0xef && second === 0xbb && third === 0xbf ? bytes.subarray(3) : bytes;
}

/** As bytes, since names need not be UTF-8. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines = bytes.toString('latin1').split(/\r?(?:\n|$)/);
  return lines.filter((line) => line.trim() !== '').map((line) => Buffer.from(line, 'latin1'));
}
