/** What a file is, before sharp sees it: its format, and what would be misread. */
import { Buffer } from 'node:buffer';
import { open, readFile } from 'node:fs/promises';
import { fileError, UnreadableImage } from '../skipped.js';
import { readBmp } from './formats/bmp.js';
import { foreignFormatOf, headSizeBytes, type ImageFormat, isAnimatedAvif, sniffFormat } from './formats/format.js';
import { tiffFactsOf, tiffRefusal } from './formats/tiff.js';

export interface PictureSource {
  readonly format: ImageFormat;
  /** For sharp. */
  readonly readable: string | Buffer;
  /** Where that is not a file's content but pixels. */
  readonly raw?: { readonly width: number; readonly height: number; readonly channels: 3 } | undefined;
  /** Why it is not read, or would be read wrongly, whatever sharp says. */
  readonly refusal?: string | undefined;
}

/**
 * @param source a path, or the content of a file
 * @throws UnreadableImage where it is no image that is read
 */
export async function openPicture(source: string | Buffer, maxPixels: number): Promise<PictureSource> {
  const head = typeof source === 'string' ? await readHead(source) : source.subarray(0, headSizeBytes);
  if (head.length === 0) throw new UnreadableImage('file is empty');
  const format = sniffFormat(head);
  if (format === undefined) {
    const foreign = foreignFormatOf(head);
    throw new UnreadableImage(foreign?.advice ?? 'not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image');
  }
  if (format === 'avif' && isAnimatedAvif(head)) {
    return {
      format,
      readable: source,
      refusal: 'an animated AVIF, which is not read: save a frame of it as PNG (ffmpeg)',
    };
  }
  if (format !== 'tiff' && format !== 'bmp') return { format, readable: source };
  const content = typeof source === 'string' ? await readWhole(source) : source;
  if (format === 'bmp') {
    const { pixels, ...raw } = readBmp(content, maxPixels);
    return { format, readable: pixels, raw };
  }
  // What a TIFF says of itself may stand anywhere in it.
  const facts = tiffFactsOf(content);
  return { format, readable: content, refusal: facts && tiffRefusal(facts) };
}

async function readWhole(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw fileError(error);
  });
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(headSizeBytes), 0, headSizeBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error);
  }
}
