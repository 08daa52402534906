/** BMP, which libvips does not read here: bmp-ts decodes it, of those kinds alone for which it agrees with Pillow. */
import { Buffer } from 'node:buffer';
import { decode } from 'bmp-ts';
import { UnreadableImage } from '../../skipped.js';

/** Row-major RGB, 8 bits. */
export interface RawPixels {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

const headerBytes = 54;
const readableBits = [1, 4, 8, 24, 32];

/**
 * The pixels of a BMP; a fourth byte of its pixels means nothing.
 *
 * @throws UnreadableImage for compressed ones and other kinds that are rare, larger ones than allowed, and damaged ones
 */
export function readBmp(content: Buffer, maxPixels: number): RawPixels {
  if (content.length < headerBytes) throw new UnreadableImage('damaged or truncated BMP');
  const [start, infoBytes] = [content.readUInt32LE(10), content.readUInt32LE(14)];
  if (infoBytes < 40)
    throw new UnreadableImage('a BMP of OS/2, which is not read: convert it to PNG (magick FILE out.png)');
  const [width, height] = [content.readInt32LE(18), Math.abs(content.readInt32LE(22))];
  const [bits, compression] = [content.readUInt16LE(28), content.readUInt32LE(30)];
  if (compression !== 0 || !readableBits.includes(bits)) {
    const kind = compression === 0 ? `of ${bits} bits per pixel` : `of compression ${compression}`;
    throw new UnreadableImage(`a BMP ${kind}, which is not read: convert it to PNG (magick FILE out.png)`);
  }
  const lineBytes = 4 * Math.ceil((width * bits) / 32);
  if (width * height > maxPixels) throw new UnreadableImage(`larger than the limit of ${maxPixels} px (--max-pixels)`);
  if (width < 1 || height < 1 || start + lineBytes * height > content.length) {
    throw new UnreadableImage('damaged or truncated BMP');
  }
  return { pixels: rgbOf(content), width, height, channels: 3 };
}

/** bmp-ts answers with alpha, blue, green and red. */
function rgbOf(content: Buffer): Buffer {
  const { data } = decodeSafely(content);
  const rgb = Buffer.alloc((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    for (let channel = 0; channel < 3; channel++) rgb[to + channel] = data[from + 3 - channel] as number;
  }
  return rgb;
}

function decodeSafely(content: Buffer): { data: Buffer } {
  try {
    return decode(content);
  } catch (error) {
    throw new UnreadableImage('damaged or truncated BMP', { cause: error });
  }
}
