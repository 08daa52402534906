/** What files of samples are called: a folder for each class, a number for each picture. */
import type { WantedImage } from './draw-latents.js';

/** In bytes, of one part of a path: the limit of ext4, XFS, APFS and NTFS alike. */
const longestName = 255;

/**
 * A folder for each class, below the folder of the samples. It is named as the class is, and a number stands for a name that no
 * folder can have or that would lead elsewhere: the text of a `.cls` file may be anything.
 */
export function classFolders(classes: readonly string[]): string[] {
  const taken = new Set(classes);
  return classes.map((name, position) => {
    if (name.split('/').every(isPlain)) return name;
    let folder = `class-${position}`;
    while (taken.has(folder)) folder += '-';
    taken.add(folder);
    return folder;
  });
}

/** Names that start with a dot are passed over where pictures are looked for; `\` separates on Windows. */
const isPlain = (part: string): boolean =>
  part !== '' &&
  part.trim() === part &&
  !part.startsWith('.') &&
  !/[\p{Cc}\\]/u.test(part) &&
  Buffer.byteLength(part) <= longestName;

/** `CLASS/00000.png`, with forward slashes; without classes `00000.png`. */
export function sampleName(
  { number, class: position }: WantedImage,
  folders: readonly string[],
  ending: string,
): string {
  const folder = folders[position];
  return `${folder === undefined ? '' : `${folder}/`}${String(number).padStart(5, '0')}.${ending}`;
}
