/** Every object below a prefix of an object store, told as `walkFolder` tells files. */
import { UserError } from '../../../errors.js';
import { objectPlaceOf } from '../../../storage/locations.js';
import { storageOf } from '../../../storage/storage-of.js';
import { foldersOf } from '../names.js';
import { markNames, ownOutput } from './own-output.js';
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
export async function walkObjects(
  root: string,
  { leftOut, signal, depth = Number.POSITIVE_INFINITY }: WalkOptions,
): Promise<FoundFile[]> {
  const { objectsBelow } = await import('../../../storage/s3/objects-below.js');
  const files: FoundFile[] = [];
  const contents: FolderContents = new Map();
  for await (const page of objectsBelow(root)) {
    if (signal?.aborted) throw new UserError(`Interrupted while ${root} was searched: nothing was done yet.`);
    for (const { url, name, sizeBytes } of page) {
      const segments = name.split('/');
      // What ends in a slash stands for a folder.
      if (segments.at(-1) === '') continue;
      if (segments.some((segment) => segment.startsWith('.'))) {
        leftOut.add('hidden', name);
        continue;
      }
      noteMarks(contents, name, url);
      if (segments.length > depth) leftOut.add('folders below', name);
      else files.push({ path: url, relativePath: name, sizeBytes });
    }
  }
  const own = await foldersOfOurs(contents);
  return files.filter(({ relativePath }) => {
    const folder = foldersOf(relativePath).find((above) => own.has(above));
    if (folder !== undefined) leftOut.add(own.get(folder) as string, relativePath);
    return folder === undefined;
  });
}

/** What may tell that this tool wrote a folder, by the folder's name: names in it, with the URL of those that are files. */
type FolderContents = Map<string, Map<string, string | undefined>>;

/** Of folders beyond the wanted depth too: a run is told by its folder of samples. */
function noteMarks(contents: FolderContents, name: string, url: string): void {
  for (const folder of foldersOf(name)) {
    const [first = '', ...further] = name.slice(folder.length).split('/');
    if (!markNames.has(first)) continue;
    const within = contents.get(folder) ?? new Map<string, string | undefined>();
    contents.set(folder, within.set(first, further.length === 0 ? url : within.get(first)));
  }
}

/** Folders that this tool wrote, with what it wrote there. */
async function foldersOfOurs(contents: FolderContents): Promise<Map<string, string>> {
  const own = new Map<string, string>();
  for (const [folder, within] of contents) {
    const what = await ownOutput(new Set(within.keys()), async (name) => {
      const url = within.get(name);
      return url === undefined ? '' : (await (await storageOf(url)).read(url)).toString('latin1');
    });
    if (what !== undefined) own.set(folder, what);
  }
  return own;
}
