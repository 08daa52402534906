/** BMP files, byte by byte: sharp writes none. */
import { Buffer } from 'node:buffer';

export interface Bmp {
  readonly bits: number;
  readonly width: number;
  /** From the top; negative heights say that the file has them in this order too. */
  readonly height: number;
  /** Bytes of a line without its padding. */
  readonly lines: readonly (readonly number[])[];
  /** Blue, green, red and nothing of each colour. */
  readonly palette?: readonly number[];
  readonly compression?: number;
}

/** By Microsoft's BITMAPFILEHEADER and BITMAPINFOHEADER. */
export function bmp({ bits, width, height, lines, palette = [], compression = 0 }: Bmp): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length / 4, 46);
  const padded = lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.alloc((4 - (line.length % 4)) % 4)]));
  const file = Buffer.concat([header, Buffer.from(palette), ...(height > 0 ? padded.reverse() : padded)]);
  file.writeUInt32LE(file.length, 2);
  return file;
}
