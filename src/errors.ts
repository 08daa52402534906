import { printable } from './printable.js';
import { formatBytes } from './quantities.js';

/**
 * A mistake that the person at the keyboard can mend: printed as one sentence, without a stack, with exit code 2.
 * What the system lacks or refuses is one as well (`systemSentence`); every other error is a bug and keeps its stack.
 */
export class UserError extends Error {
  readonly exitCode = 2;
  override readonly name = 'UserError';

  /** The message may quote what others wrote, such as the name of a file: it is printed as it is seen, and on one line. */
  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** What to do where memory ran out. */
export function memorySentence(wantedBytes?: number): string {
  const wanted = wantedBytes === undefined ? '' : `, ${formatBytes(wantedBytes)} more were wanted`;
  return `Memory ran out${wanted}: take fewer images at a time (--batch), or train with --accumulate or --gradient-checkpointing.`;
}

/** What to do about an error of the operating system, by its code. */
const systemRemedies: Readonly<Record<string, string>> = {
  ENOSPC: 'make room',
  EDQUOT: 'make room',
  EFBIG: 'choose a disk that takes larger files',
  EACCES: 'choose a place that you may read and write',
  EPERM: 'choose a place that you may read and write',
  EROFS: 'choose a place that you may write to',
  EMFILE: 'raise the limit of open files (ulimit -n)',
};

/** One sentence on what the system lacks or refuses, such as room on a disk, with what to do; null for other errors. */
export function systemSentence(error: unknown): string | null {
  if (error instanceof RangeError && error.message === 'Array buffer allocation failed') return memorySentence();
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { code = '' } = error as NodeJS.ErrnoException;
  const remedy = systemRemedies[code] ?? 'see whether that is the place you meant';
  return `The system refuses (${error.message}): ${remedy}, and run the command again; what was reported as done is kept.`;
}

/** What the system says of a file, in words; the sentence around them names the file. */
const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link that leads to itself',
  ENAMETOOLONG: 'its name is too long',
  EROFS: 'the disk is read-only',
};

/** Whether the system does not let a file be where it should be, as opposed to having no room or being broken. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code) in systemReasons;

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  return (syscall === undefined ? undefined : systemReasons[code]) ?? error.message;
}

/**
 * Throws a `UserError` unless `got` equals `wanted`, where -1 in `wanted` allows any size.
 *
 * @param subject what has the shape, e.g. `latents in shard 3`
 * @param remedy what to do, e.g. `pass the model that encoded them`
 */
export function assertShape(subject: string, got: readonly number[], wanted: readonly number[], remedy: string): void {
  const fits = got.length === wanted.length && wanted.every((size, axis) => size === -1 || size === got[axis]);
  if (fits) return;
  const format = (shape: readonly number[]) => shape.map((size) => (size === -1 ? '?' : size)).join('×') || 'a scalar';
  throw new UserError(`${subject}: got shape ${format(got)}, wanted ${format(wanted)}; ${remedy}.`);
}
