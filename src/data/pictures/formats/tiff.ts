/** What a TIFF says of its values: libvips takes some that it does not understand for others. TIFF 6.0, sections 2 and 8. */
import type { Buffer } from 'node:buffer';

export interface TiffFacts {
  readonly bitsPerSample: number;
  readonly compression: number;
  /** Numbers of section 8, such as 6 for YCbCr. */
  readonly photometric: number;
  readonly samplesPerPixel: number;
}

const tags = { 258: 'bitsPerSample', 259: 'compression', 262: 'photometric', 277: 'samplesPerPixel' } as const;

/** The facts of a TIFF's first picture; undefined for BigTIFF, and where the file ends before them. */
export function tiffFactsOf(content: Buffer): TiffFacts | undefined {
  const isLittle = content[0] === 'I'.charCodeAt(0);
  const short = (at: number) => (isLittle ? content.readUInt16LE(at) : content.readUInt16BE(at));
  const long = (at: number) => (isLittle ? content.readUInt32LE(at) : content.readUInt32BE(at));
  const facts = { bitsPerSample: 1, compression: 1, photometric: 1, samplesPerPixel: 1 };
  try {
    if (short(2) !== 42) return undefined;
    const directory = long(4);
    for (let entry = 0; entry < short(directory); entry++) {
      const at = directory + 2 + 12 * entry;
      const name = tags[short(at) as keyof typeof tags];
      if (name === undefined) continue;
      // All of these are SHORTs; of more than two, the values lie elsewhere.
      facts[name] = long(at + 4) > 2 ? short(long(at + 8)) : short(at + 8);
    }
    return facts;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const photometricNames: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  8: 'CIE L*a*b* colours',
  9: 'ICC L*a*b* colours',
  10: 'ITU L*a*b* colours',
  32803: "a camera's raw colour filter values",
  34892: "a camera's raw linear values",
  32844: 'logarithmic luminance',
  32845: 'logarithmic luminance and colour',
};
const yCbCr = 6;
const jpegCompressions = [6, 7];

/** Why a TIFF's values would be misread, if they would be. */
export function tiffRefusal({ bitsPerSample, photometric, compression }: TiffFacts): string | undefined {
  const remedy = 'wanted grey, RGB or CMYK: save it as PNG';
  const name = photometricNames[photometric];
  if (name !== undefined) return `a TIFF of ${name}, ${remedy}`;
  if (bitsPerSample > 32) return `a TIFF of ${bitsPerSample} bits per value, wanted 8, 16 or 32: save it with 32`;
  const isRawYCbCr = photometric === yCbCr && !jpegCompressions.includes(compression);
  return isRawYCbCr ? `a TIFF of YCbCr values without JPEG compression, ${remedy}` : undefined;
}
