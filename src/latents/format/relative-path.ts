/** Paths that a store may name: inside it, on every system. */
import { z } from 'zod';

/** Whether `path` names something below a folder, with forward slashes, whatever the operating system. */
export function isRelativePath(path: string): boolean {
  if (path.includes('\0') || path.includes('\\') || /^[a-z]:/i.test(path)) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

export const relativePathSchema = z
  .string()
  .max(4096)
  .refine(isRelativePath, 'wanted a path inside the store, relative and with forward slashes');
