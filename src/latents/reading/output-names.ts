/** Names for what is made of a store's images, one file each. */

/** In bytes, of one part of a path: the limit of ext4, XFS, APFS and NTFS alike. */
const longestName = 255;

/**
 * Gives every image a file name of its own with `extension` in the folder of its image: `a/b.jpg` becomes `a/b.png`; where
 * that is taken `a/b.jpg.png`, then `a/b.jpg-2.png`. Case does not tell names apart, since on some disks it does not. A name
 * that would be longer than disks take is cut. Images that are appended later never change the names of those before.
 */
export function outputNames(paths: readonly string[], extension: string): string[] {
  const taken = new Set(paths.flatMap(foldersOf).map((folder) => folder.toLowerCase()));
  return paths.map((path) => {
    for (const name of namesFor(path, extension)) {
      if (taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return name;
    }
    throw new Error(`No name is left for ${path}`);
  });
}

/** `a/b/c.png` -> `a`, `a/b` */
function foldersOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, last) => segments.slice(0, last + 1).join('/'));
}

function* namesFor(path: string, extension: string): Generator<string> {
  yield fitted(path.replace(/(?<=[^/])\.[^./]*$/, ''), `.${extension}`);
  yield fitted(path, `.${extension}`);
  for (let number = 2; ; number++) yield fitted(path, `-${number}.${extension}`);
}

/** `path` and `ending` as one path, whose last part is cut before the ending where it is too long. */
function fitted(path: string, ending: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const characters = [...path.slice(folder.length)];
  while (Buffer.byteLength(characters.join('') + ending) > longestName) characters.pop();
  return folder + characters.join('') + ending;
}
