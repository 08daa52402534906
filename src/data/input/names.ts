/** Names of files as text. On Linux a name is any bytes; everything above this file sees text, and no two names as one. */
import { Buffer } from 'node:buffer';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a name as text, or undefined where they are no UTF-8. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A file's name for people and stores. What is no UTF-8 in it is written as `%E9`, and a `%` beside that as `%25`. */
export function nameOf(bytes: Uint8Array): string {
  return utf8Of(bytes) ?? escaped(bytes);
}

function escaped(bytes: Uint8Array): string {
  let name = '';
  for (let start = 0; start < bytes.length; ) {
    const length = [1, 2, 3, 4].find((size) => utf8Of(bytes.subarray(start, start + size)) !== undefined);
    const character = length === undefined ? undefined : utf8Of(bytes.subarray(start, start + length));
    name += character === undefined || character === '%' ? percent(bytes[start] as number) : character;
    start += length ?? 1;
  }
  return name;
}

/** Of a byte beyond ASCII, or of the percent sign: two digits. */
const percent = (byte: number) => `%${byte.toString(16).toUpperCase()}`;

/** By the bytes of their UTF-8, as Python sorts names: code units would put 🐈 before ﬁ. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The last part of a path. */
export const baseNameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** `a/`, `a/b/` of `a/b/c.png`. */
export function foldersOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => `${segments.slice(0, index + 1).join('/')}/`);
}

/** `.jpg`, in lower case, of a path; empty where there is none. */
export function endingOf(path: string): string {
  const name = baseNameOf(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot).toLowerCase();
}
