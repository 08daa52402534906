/**
 * Every entry below a folder. Names are read as bytes, so that none is lost; every real folder is searched once, whatever
 * links lead to it; what this tool wrote itself is left out.
 */
import { Buffer } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reasonOf, UserError } from '../../../errors.js';
import { fileError, UnreadableImage } from '../../skipped.js';
import type { LeftOutTally } from '../left-out.js';
import { nameOf, utf8Of } from '../names.js';
import { ownOutput } from './own-output.js';

export interface FoundFile {
  /** Absolute, as text. */
  readonly path: string;
  /** Absolute, where its name is no text. */
  readonly pathBytes?: Uint8Array;
  /** From the folder that was searched, with forward slashes. */
  readonly relativePath: string;
  /** Why it cannot be read, if that is known. */
  readonly refusal?: string;
  /** Where it is known. */
  readonly sizeBytes?: number;
  /** It is a folder that cannot be searched. */
  readonly isFolder?: true;
}

export interface WalkOptions {
  /** How many folders deep; 1 is the folder itself. */
  readonly depth?: number;
  readonly leftOut: LeftOutTally;
  readonly signal?: AbortSignal | undefined;
}

interface Folder {
  readonly path: Buffer;
  /** With a slash at its end, unless it is the folder that is searched. */
  readonly relativePath: string;
  readonly depth: number;
}

/** @throws UserError where the folder cannot be read, or the search is interrupted */
export async function walkFolder(root: string, { depth = Number.POSITIVE_INFINITY, leftOut, signal }: WalkOptions) {
  const files: FoundFile[] = [];
  const searched = new Set<string>();
  // Links are followed after all that lies in the tree itself, so that each file goes by its own path.
  const [folders, links]: [Folder[], Folder[]] = [
    [{ path: Buffer.from(resolve(root)), relativePath: '', depth: 1 }],
    [],
  ];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop() ?? links.shift()) {
    if (signal?.aborted) throw new UserError(`Interrupted while ${root} was searched: nothing was done yet.`);
    await search(folder);
  }
  return files;

  async function search(folder: Folder): Promise<void> {
    try {
      const { dev, ino } = await stat(folder.path, { bigint: true });
      const identity = `${dev}:${ino}`;
      if (searched.has(identity)) {
        leftOut.add('links to folders that are searched already', folder.relativePath);
        return;
      }
      searched.add(identity);
      const entries = await readdir(folder.path, { encoding: 'buffer', withFileTypes: true });
      const own = folder.relativePath === '' ? undefined : await ownOutputOf(folder.path, entries);
      if (own !== undefined) return leftOut.add(own, folder.relativePath);
      entries.sort((a, b) => Buffer.compare(a.name, b.name));
      for (const entry of entries) await visit(folder, entry);
    } catch (error) {
      if (folder.relativePath === '')
        throw new UserError(`Cannot search ${root}: ${reasonOf(error)}.`, { cause: error });
      files.push({
        path: nameOf(folder.path),
        relativePath: folder.relativePath.slice(0, -1),
        refusal: refusalOf(error),
        isFolder: true,
      });
    }
  }

  async function visit(folder: Folder, entry: Dirent<Buffer>): Promise<void> {
    const name = nameOf(entry.name);
    const relativePath = folder.relativePath + name;
    const path = Buffer.concat([folder.path, Buffer.from('/'), entry.name]);
    if (entry.name[0] === dot) return leftOut.add('hidden', relativePath);
    const target = entry.isSymbolicLink() ? await targetOf(path) : entry;
    if (typeof target === 'string') return addFile(path, relativePath, target);
    if (!target.isDirectory()) return addFile(path, relativePath, target.isFile() ? undefined : typeOf(target));
    if (folder.depth === depth) return leftOut.add('folders below', `${relativePath}/`);
    const below = { path, relativePath: `${relativePath}/`, depth: folder.depth + 1 };
    (entry.isSymbolicLink() ? links : folders).push(below);
  }

  function addFile(path: Buffer, relativePath: string, refusal: string | undefined): void {
    const isText = utf8Of(path) !== undefined;
    const file = { path: nameOf(path), relativePath, ...(refusal !== undefined && { refusal }) };
    files.push(isText ? file : { ...file, pathBytes: path });
  }
}

function ownOutputOf(folder: Buffer, entries: readonly Dirent<Buffer>[]): Promise<string | undefined> {
  const names = new Set(entries.map(({ name }) => name.toString('latin1')));
  return ownOutput(names, (file) => {
    return readFile(Buffer.concat([folder, Buffer.from(`/${file}`)]), 'latin1').catch(() => '');
  });
}

const dot = '.'.charCodeAt(0);

/** What a link leads to, or why it leads nowhere. */
async function targetOf(path: Buffer): Promise<Stats | string> {
  return stat(path).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? 'symbolic link to a file that does not exist' : refusalOf(error);
  });
}

function refusalOf(error: unknown): string {
  const known = fileError(error);
  if (known instanceof UnreadableImage) return known.message;
  throw error;
}

function typeOf(entry: Dirent<Buffer> | Stats): string {
  if (entry.isFIFO()) return 'is a named pipe, not a file';
  return entry.isSocket() ? 'is a socket, not a file' : 'is a device, not a file';
}
