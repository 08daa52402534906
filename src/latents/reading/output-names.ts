/** Names for what is made of a store's images, one file each. */

/**
 * Gives every image a file name of its own with `extension` in the folder of its image: `a/b.jpg` becomes `a/b.png`; where
 * that is taken `a/b.jpg.png`, then `a/b.jpg-2.png`. Case does not tell names apart, since on some disks it does not. Images
 * that are appended later never change the names of those before.
 */
export function outputNames(paths: readonly string[], extension: string): string[] {
  const taken = new Set(paths.flatMap(foldersOf).map((folder) => folder.toLowerCase()));
  return paths.map((path) => {
    for (const stem of stems(path)) {
      const name = `${stem}.${extension}`;
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

function* stems(path: string): Generator<string> {
  yield path.replace(/(?<=[^/])\.[^./]*$/, '');
  yield path;
  for (let number = 2; ; number++) yield `${path}-${number}`;
}
