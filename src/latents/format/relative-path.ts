/** Paths that a store may name: inside it, on every system. */
import { z } from 'zod';

const mostCharacters = 4096;

/** Why `path` names nothing below a folder with forward slashes, whatever the operating system; undefined where it does. */
export function pathRefusal(path: string): string | undefined {
  if (path.includes('\\')) return 'its name has a backslash, which parts folders on Windows: rename it';
  if (path.includes('\0')) return 'its name has a zero byte: rename it';
  if (path.split('/').includes('..')) return 'its path leads out of the folder';
  if (/^[a-z]:/i.test(path)) return 'its path begins with a drive of Windows: rename it';
  if (path.length > mostCharacters) return `its path has more than ${mostCharacters} characters`;
  const isPlain = path.split('/').every((segment) => segment !== '' && segment !== '.');
  return isPlain ? undefined : 'its path is absolute or has empty parts';
}

/** Whether `path` may be the path of an image of a store. */
export const isRelativePath = (path: string) => pathRefusal(path) === undefined;

export const relativePathSchema = z
  .string()
  .refine(isRelativePath, 'wanted a path inside the store, relative and with forward slashes');
