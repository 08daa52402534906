/** Classes: what they are called and which numbers they have. */
import { UserError } from '../../errors.js';
import type { ImageFile } from './image-file.js';
import { compareNames, utf8Of } from './names.js';

export const largestClassBytes = 4096;
/** Class numbers beyond this are no numbers of classes. */
const largestNumber = 99_999;

/** The class that the text of a `.cls` file means; -1 is none, as `latents convert` writes. */
export function classOfText(text: Uint8Array, file: string): { name?: string; refusal?: string } {
  const name = utf8Of(text)?.trim();
  if (name === undefined) return { refusal: `${file} is no UTF-8 text` };
  if (name === '') return { refusal: `${file} is empty, wanted a class` };
  if (name === '-1') return {};
  return { name: isNumber(name) ? String(Number(name)) : name };
}

const isNumber = (name: string) => /^\d{1,15}$/.test(name);

/**
 * The class of an image that lies in `folders`: its first folder, as torchvision's ImageFolder has it, or the one at another
 * depth; with depth 0 all of its folders together. A picture that lies less deep goes by its last folder.
 */
export function classOfFolders(folders: readonly string[], depth: number): string | undefined {
  if (folders.length === 0) return undefined;
  return depth === 0 ? folders.join('/') : folders[Math.min(depth, folders.length) - 1];
}

/** The classes of `files`, each once, in the order of the bytes of their names, as torchvision's ImageFolder numbers them. */
export function labelsOf(files: readonly ImageFile[]): string[] {
  return [...new Set(files.flatMap(({ label }) => (label === undefined ? [] : [label])))].sort(compareNames);
}

/**
 * The classes of `files` whose positions are their numbers: sorted names; where `.cls` files hold whole numbers, these.
 *
 * @param fromText whether the classes are the content of `.cls` files and not names of folders
 * @throws UserError where numbers and names are mixed, or a number is too large
 */
export function classesOf(files: readonly ImageFile[], fromText: boolean): string[] {
  const names = labelsOf(files);
  const numbers = fromText ? names.filter(isNumber) : [];
  if (numbers.length === 0) return names;
  const name = names.find((other) => !isNumber(other));
  if (name !== undefined) {
    throw new UserError(
      `Got class numbers (such as ${numbers[0]}) and class names (such as ${name}) in .cls files, wanted one of both.`,
    );
  }
  const largest = numbers.map(Number).reduce((most, number) => Math.max(most, number), 0);
  if (largest > largestNumber)
    throw new UserError(`Got the class number ${largest} in a .cls file, wanted at most ${largestNumber}.`);
  return Array.from({ length: largest + 1 }, (_, number) => String(number));
}
