/** Pictures that a program hands over one by one, in the place of a folder. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { counted } from '../quantities.js';
import { filtered, type ImageSearch, type ImageSet, openImages } from './images.js';
import type { ImageFile, ImageSource } from './input/image-file.js';
import { labelsOf } from './input/labels.js';
import { type PictureInput, readablePicture } from './pictures/picture-input.js';
import { UnreadableImage } from './skipped.js';

/** One picture with what is known of it. */
export interface LabelledPicture {
  /** As a function: asked whenever the picture is wanted, so that it need not stay in memory. It must give the same each time. */
  readonly picture: PictureInput | (() => PictureInput | Promise<PictureInput>);
  /** The name of its class. */
  readonly label?: string;
  /**
   * What the picture is called in logs, splits and stores: a relative path, different for each. Default: its path, or its number
   * among all.
   */
  readonly name?: string;
}

/** A place that `openImages` knows, or pictures in any iterable; what is asynchronous is waited for. */
export type Pictures =
  | string
  | Iterable<PictureInput | LabelledPicture>
  | AsyncIterable<PictureInput | LabelledPicture>;

/**
 * The images of a place, or of a program. An iterable is read once, to its end: paths and functions cost no memory, everything
 * else is kept as it was given (tensors and pixels as PNG).
 *
 * @throws UserError where there are none, two have the same name, or something is no picture
 */
export async function openPictures(pictures: Pictures, filter: ImageSearch = {}): Promise<ImageSet> {
  if (typeof pictures === 'string') return openImages(pictures, filter);
  const all: ImageFile[] = [];
  for await (const item of pictures) all.push(await imageFileOf(item, all.length));
  if (all.length === 0) throw new UserError('Got no pictures: the iterable was empty, or was read to its end before.');
  const names = new Set<string>();
  for (const { relativePath } of all) {
    if (names.has(relativePath)) throw new UserError(`Two pictures are named ${relativePath}: wanted different names.`);
    names.add(relativePath);
  }
  const files = filtered(all, filter);
  if (files.length === 0)
    throw new UserError(`None of ${counted(all.length, 'picture')} is left after include and exclude.`);
  return { files, classes: labelsOf(files), leftOut: [], notes: [], damage: [], unsearched: [] };
}

/** What tells sets of pictures apart without reading them: how many there are, and a hash of their names and classes. */
export function pictureSetFacts(files: readonly ImageFile[]): { count: number; sha256: string } {
  const hash = createHash('sha256');
  for (const { relativePath, label = null } of files) hash.update(`${JSON.stringify([relativePath, label])}\n`);
  return { count: files.length, sha256: hash.digest('hex') };
}

async function imageFileOf(item: PictureInput | LabelledPicture, index: number): Promise<ImageFile> {
  const { picture, label, name }: LabelledPicture = isLabelled(item) ? item : { picture: item };
  const number = `picture-${String(index).padStart(6, '0')}`;
  const relativePath = name ?? (typeof picture === 'string' ? pathAsName(picture) : number);
  return { ...(await sourceOf(picture, number)), relativePath, ...(label !== undefined && { label }) };
}

const isLabelled = (item: PictureInput | LabelledPicture): item is LabelledPicture =>
  typeof item === 'object' && 'picture' in item;

async function sourceOf(picture: LabelledPicture['picture'], number: string): Promise<ImageSource> {
  if (typeof picture === 'function') return { path: '', location: { read: () => contentFrom(picture) } };
  if (!isPicture(picture)) {
    throw new UserError(
      `${number} is ${described(picture)}, wanted a path, a Buffer, pixels, a tensor or a sharp instance.`,
    );
  }
  try {
    const readable = await readablePicture(picture);
    if (typeof readable === 'string') return { path: readable };
    return { path: '', location: { read: async () => readable, sizeBytes: readable.length } };
  } catch (error) {
    if (error instanceof UnreadableImage) return { path: '', refusal: error.message };
    throw error;
  }
}

const isPicture = (value: unknown): boolean =>
  typeof value === 'string' ||
  value instanceof Uint8Array ||
  (typeof value === 'object' && value !== null && ['toBuffer', 'pixels', 'shape'].some((key) => key in value));

const described = (value: unknown) =>
  value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;

/** From the folder that a program runs in, without what leads out of it. */
const pathAsName = (path: string) => path.replaceAll('\\', '/').replace(/^([a-z]:)?(\.{0,2}\/+)*/i, '');

/** What a function gives may be wrong in the middle of a training, which then goes on without that picture. */
async function contentFrom(ask: () => PictureInput | Promise<PictureInput>): Promise<Buffer> {
  const picture = await ask();
  if (!isPicture(picture)) throw new UnreadableImage(`its function gave ${described(picture)}, wanted a picture`);
  const readable = await readablePicture(picture).catch((error: unknown) => {
    throw error instanceof UserError ? new UnreadableImage(error.message, { cause: error }) : error;
  });
  return typeof readable === 'string' ? readFile(readable) : readable;
}
