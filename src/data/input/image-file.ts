/** One image of whatever was handed in, wherever its bytes are. */
import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { isObjectUrl } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';
import { fileError, UnreadableImage } from '../skipped.js';

/** A file whose name is no text, a stretch of a tar file, or what a program has in its memory. */
export type Location =
  | { readonly pathBytes: Uint8Array }
  | { readonly tar: string; readonly position: number; readonly sizeBytes: number }
  | InMemory;

/** A picture that a program hands over. */
export interface InMemory {
  /** The content of an image file. */
  readonly read: () => Promise<Buffer>;
  /** Absent where it is not known before it is read. */
  readonly sizeBytes?: number;
}

/** What stands beside an image in words. */
export interface Companions {
  /** A text file. */
  readonly caption?: ImageSource;
  /** A JSON file. */
  readonly metadata?: ImageSource;
  /** What a table knows of it, as JSON. */
  readonly line?: string;
}

/** One image: where its bytes are, what it is called, and its class. */
export interface ImageFile {
  /** Absolute, of the file or of the tar that it lies in; `s3://bucket/key` in an object store. */
  readonly path: string;
  /** From the folder that was searched, with forward slashes; in a tar: the tar's name and the member's. */
  readonly relativePath: string;
  /** The name of its class, where it has one. */
  readonly label?: string;
  /** Where its bytes are, if they are not all of the file at `path`. */
  readonly location?: Location;
  /** Its key in a WebDataset tar: what the members of one sample share. */
  readonly key?: string;
  /** What stands beside it. */
  readonly companions?: Companions;
  /** Why it cannot be used, where that is known without reading it: one short sentence. */
  readonly refusal?: string;
}

/** Where the bytes of an image are. */
export type ImageSource = Pick<ImageFile, 'path' | 'location' | 'refusal'>;

/**
 * What sharp can read of an image: its path, or its content where it has no path of its own on this machine.
 *
 * @throws UnreadableImage where it is refused or cannot be read
 */
export async function readableSource({ path, location, refusal }: ImageSource): Promise<string | Buffer> {
  if (refusal !== undefined) throw new UnreadableImage(refusal);
  return location === undefined && !isObjectUrl(path) ? path : contentOf({ path, ...(location && { location }) });
}

/** @throws UnreadableImage where the image is refused or cannot be read */
export async function contentOf({ path, location, refusal }: ImageSource): Promise<Buffer> {
  if (refusal !== undefined) throw new UnreadableImage(refusal);
  try {
    if (location === undefined) return await (await storageOf(path)).read(path);
    if ('read' in location) return await location.read();
    if ('pathBytes' in location) return await readFile(Buffer.from(location.pathBytes));
    return await readStretch(location);
  } catch (error) {
    throw fileError(error);
  }
}

async function readStretch({ tar, position, sizeBytes }: Extract<Location, { tar: string }>): Promise<Buffer> {
  const bytes = await (await storageOf(tar)).readRange(tar, position, sizeBytes);
  return Buffer.from(bytes.buffer);
}
