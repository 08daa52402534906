/**
 * What a file is, by its first bytes and never by its name. Only these formats reach sharp, which would otherwise hand
 * a file to whichever of its loaders wants it: SVG and PDF, for instance, are programs more than pictures.
 */

export const formatNames = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  gif: 'GIF',
  tiff: 'TIFF',
} as const;
export type ImageFormat = keyof typeof formatNames;

/** Extensions under which images are looked for, in any case. */
export const imageExtensions = ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff'] as const;

/** As many bytes of a file as `sniffFormat` wants to see. */
export const headSizeBytes = 128;

/** By the file's first bytes, one character each. */
const signatures: Readonly<Record<ImageFormat, (head: string) => boolean>> = {
  jpeg: (head) => head.startsWith('\xff\xd8\xff'),
  png: (head) => head.startsWith('\x89PNG\r\n\x1a\n'),
  webp: (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8),
  avif: (head) => head.startsWith('ftyp', 4) && brandsOf(head).some((brand) => brand === 'avif' || brand === 'avis'),
  gif: (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a'),
  tiff: (head) => ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'].some((start) => head.startsWith(start)),
};

/** The format of the image that starts with `head`, if it is one that is read. */
export function sniffFormat(head: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(head.subarray(0, headSizeBytes)).toString('latin1');
  const formats = Object.keys(signatures) as ImageFormat[];
  return formats.find((format) => signatures[format](text));
}

/** ISO 14496-12, 4.3: box size, 'ftyp', major brand, minor version, then compatible brands up to the box's end. */
function brandsOf(head: string): string[] {
  const boxSizeBytes = Buffer.from(head.slice(0, 4), 'latin1').readUInt32BE();
  return head.slice(8, boxSizeBytes).match(/.{4}/gs) ?? [];
}
