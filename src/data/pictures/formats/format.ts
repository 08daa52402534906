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
  bmp: 'BMP',
} as const;
export type ImageFormat = keyof typeof formatNames;

/** Extensions under which images are looked for, in any case. */
export const imageExtensions = ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff', 'bmp'] as const;

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
  bmp: (head) => head.startsWith('BM') && head.slice(6, 10) === '\0\0\0\0',
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

/** Whether an AVIF is a sequence of pictures. */
export function isAnimatedAvif(head: Uint8Array): boolean {
  return brandsOf(Buffer.from(head.subarray(0, headSizeBytes)).toString('latin1')).includes('avis');
}

/** Images of formats that are not read: what they are called and what to do about them. */
export interface ForeignFormat {
  readonly name: string;
  /** The end of a sentence. */
  readonly advice: string;
}

const foreign = (name: string, command: string): ForeignFormat => {
  return { name, advice: `${name} is not read, convert it to ${command}` };
};

const foreignFormats = {
  heic: foreign('HEIC', 'JPEG (heif-convert FILE out.jpg)'),
  jxl: foreign('JPEG XL', 'PNG (djxl FILE out.png)'),
  psd: foreign('Photoshop', 'PNG (magick FILE[0] out.png)'),
  jp2: foreign('JPEG 2000', 'PNG (magick FILE out.png)'),
  netpbm: foreign('PNM', 'PNG (magick FILE out.png)'),
  svg: foreign('SVG', 'PNG (rsvg-convert FILE -o out.png)'),
  pdf: foreign('PDF', 'PNG (pdftoppm -png FILE out)'),
} as const;

const foreignSignatures: Readonly<Record<keyof typeof foreignFormats, (head: string) => boolean>> = {
  heic: (head) =>
    head.startsWith('ftyp', 4) && brandsOf(head).some((brand) => /^(hei[cmsx]|he[vc][cmsx]|mif1|msf1)$/.test(brand)),
  jxl: (head) => head.startsWith('\xff\x0a') || head.startsWith('\0\0\0\x0cJXL '),
  psd: (head) => head.startsWith('8BPS'),
  jp2: (head) => head.startsWith('\0\0\0\x0cjP  ') || head.startsWith('\xff\x4f\xff\x51'),
  netpbm: (head) => /^P[1-7]\s/.test(head),
  svg: (head) => /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg[\s>]/s.test(head),
  pdf: (head) => head.startsWith('%PDF-'),
};

/** The format of an image that is not read, where its first bytes tell it. */
export function foreignFormatOf(head: Uint8Array): ForeignFormat | undefined {
  const text = Buffer.from(head.subarray(0, headSizeBytes)).toString('latin1');
  const names = Object.keys(foreignSignatures) as (keyof typeof foreignFormats)[];
  const name = names.find((format) => foreignSignatures[format](text));
  return name && foreignFormats[name];
}

/** What to do about files of these endings, where their content does not show what they are. */
export const foreignEndings: Readonly<Record<string, ForeignFormat>> = {
  '.heic': foreignFormats.heic,
  '.heif': foreignFormats.heic,
  '.jxl': foreignFormats.jxl,
  '.psd': foreignFormats.psd,
  '.jp2': foreignFormats.jp2,
  '.svg': foreignFormats.svg,
  '.pdf': foreignFormats.pdf,
};
