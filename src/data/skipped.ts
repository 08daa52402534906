/** Images that could not be read: a run goes on without them and lists them at its end. */
import { reasonOf, UserError } from '../errors.js';
import { counted } from '../quantities.js';
import { formatNames, type ImageFormat } from './pictures/formats/format.js';

/** An image that could not be read. */
export interface SkippedImage {
  /** Relative to the folder that was read. */
  readonly path: string;
  /** One short sentence for a person. */
  readonly reason: string;
}

/** The picture's own fault: its message is the sentence for the list. Any other error ends the run. */
export class UnreadableImage extends Error {
  override readonly name = 'UnreadableImage';
}

/** Puts an image on the list, unless it is on it. */
export function recordSkipped(list: SkippedImage[], image: SkippedImage): void {
  if (!list.some(({ path }) => path === image.path)) list.push(image);
}

/** What to say when none of the `images` could be read, with one of them as the example. */
export function nothingReadable(images: number, example: SkippedImage | undefined): UserError {
  const why = example === undefined ? '' : ` (${example.path}: ${example.reason})`;
  return new UserError(
    `None of ${counted(images, 'image')} can be read${why}: pass others, or see \`latent-vae doctor\`.`,
  );
}

/** Only what is wrong with this one file; running out of file handles, for instance, is not. */
const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'file does not exist',
  ENOTDIR: 'file does not exist',
  EACCES: 'no permission to read the file',
  EPERM: 'no permission to read the file',
  EISDIR: 'is a folder',
  EIO: 'the disk cannot read the file',
  ELOOP: 'symbolic link that leads to itself',
  ENAMETOOLONG: 'file name is too long',
  ERR_FS_FILE_TOO_LARGE: 'larger than 2 GiB, which is more than is read of one file',
};

/** The error to throw where a file could not be opened or read. */
export function fileError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = fileReasons[code];
  return reason === undefined ? error : new UnreadableImage(reason, { cause: error });
}

/**
 * The error to throw where sharp refused a picture of a known format. All decodes share libvips' one buffer for
 * messages, so what it says may be about another file: only sharp's own message is trusted, and no more is told than is
 * sure.
 *
 * @param refusal what is known to be in the way, if anything
 */
export function pictureError(
  error: unknown,
  format: ImageFormat,
  maxPixels: number,
  refusal?: string,
): UnreadableImage {
  const isTooLarge = reasonOf(error).includes('exceeds pixel limit');
  const reason = isTooLarge
    ? `larger than the limit of ${maxPixels} px (--max-pixels)`
    : (refusal ?? `damaged or truncated ${formatNames[format]}`);
  return new UnreadableImage(reason, { cause: error });
}
