/** Every object below a prefix of an object store, told as `walkFolder` tells files. */
import { UserError } from '../../../errors.js';
import { objectPlaceOf } from '../../../storage/locations.js';
import { storageOf } from '../../../storage/storage-of.js';
import { foldersOf } from '../names.js';
import { ownOutput } from './own-output.js';
import type { FoundFile, WalkOptions } from './walk.js';

/** An object store has folders as far as there are objects in them. */
export async function kindOfUrl(url: string): Promise<'folder' | 'file' | undefined> {
  const isFile = objectPlaceOf(url).key !== '' && !url.endsWith('/');
  if (isFile && (await (await storageOf(url)).sizeOf(url)) !== undefined) return 'file';
  const { objectsBelow } = await import('../../../storage/s3/objects-below.js');
  for await (const page of objectsBelow(url)) return page.length > 0 ? 'folder' : undefined;
  return undefined;
}

/** @throws UserError where the prefix cannot be listed, or the search is interrupted */
export async function walkObjects(root: string, { leftOut, signal, depth }: WalkOptions): Promise<FoundFile[]> {
  const { objectsBelow } = await import('../../../storage/s3/objects-below.js');
  const files: FoundFile[] = [];
  for await (const page of objectsBelow(root)) {
    if (signal?.aborted) throw new UserError(`Interrupted while ${root} was searched: nothing was done yet.`);
    for (const { url, name, sizeBytes } of page) {
      const segments = name.split('/');
      // What ends in a slash stands for a folder.
      if (segments.at(-1) === '') continue;
      if (segments.some((segment) => segment.startsWith('.'))) leftOut.add('hidden', name);
      else if (depth !== undefined && segments.length > depth) leftOut.add('folders below', name);
      else files.push({ path: url, relativePath: name, sizeBytes });
    }
  }
  const own = await foldersOfOurs(files);
  return files.filter(({ relativePath }) => {
    const folder = foldersOf(relativePath).find((above) => own.has(above));
    if (folder !== undefined) leftOut.add(own.get(folder) as string, relativePath);
    return folder === undefined;
  });
}

/** Folders that this tool wrote, with what it wrote there. */
async function foldersOfOurs(files: readonly FoundFile[]): Promise<Map<string, string>> {
  const folders = new Map<string, Map<string, FoundFile>>();
  for (const file of files) {
    const folder = foldersOf(file.relativePath).at(-1);
    if (folder === undefined) continue;
    const within = folders.get(folder) ?? new Map<string, FoundFile>();
    folders.set(folder, within.set(file.relativePath.slice(folder.length), file));
    // Marks may be folders themselves.
    for (const above of foldersOf(folder.slice(0, -1))) {
      const name = folder.slice(above.length).split('/')[0] as string;
      folders.set(above, (folders.get(above) ?? new Map()).set(name, file));
    }
  }
  const own = new Map<string, string>();
  for (const [folder, within] of folders) {
    const what = await ownOutput(new Set(within.keys()), async (name) => {
      const path = within.get(name)?.path ?? '';
      return (await (await storageOf(path)).read(path)).toString('latin1');
    });
    if (what !== undefined) own.set(folder, what);
  }
  return own;
}
