/** What a file beside images is: an image under another ending, a companion, or something that is not read. */
import { foreignEndings, foreignFormatOf, imageExtensions, sniffFormat } from '../pictures/formats/format.js';
import { endingOf } from './names.js';

/** Whether a path ends as images do. */
export function hasImageEnding(path: string): boolean {
  const ending = endingOf(path);
  return imageExtensions.some((extension) => ending === `.${extension}`);
}

/** Text, data, code and weights: no look at their content is needed. */
const otherEndings = new Set(
  (
    '.txt .caption .json .jsonl .cls .csv .tsv .md .xml .yaml .yml .html .htm .log .py .js .ts .sh .ini .toml .npy .npz ' +
    '.safetensors .ckpt .pt .pth .bin .onnx .parquet .arrow .zip .7z .rar .db .sqlite .mat .pickle .pkl .sha256 .md5 .lock'
  ).split(' '),
);

/** What to do about files that are known by their endings; camera raw files look like TIFF and are none. */
const advices: readonly (readonly [endings: string, advice: string])[] = [
  ['.mp4 .mov .avi .mkv .webm .m4v', 'videos are not read, take pictures out of them (ffmpeg -i FILE %05d.png)'],
  [
    '.cr2 .cr3 .nef .arw .dng .orf .rw2 .raf .pef .srw',
    'camera raw files are not read, develop them first (darktable-cli FILE out.png)',
  ],
  ['.tga .ico .exr .hdr .qoi .dds .xcf .kra .eps .ai', 'they are not read, convert them to PNG (magick FILE out.png)'],
  ['.tgz .gz .xz .zst .bz2', 'unpack them first (gunzip FILE)'],
  ['.tar', 'tar files are read from folders that hold nothing else: pass them as a glob in quotes'],
];
const adviceOf = new Map(
  advices.flatMap(([endings, advice]) => endings.split(' ').map((ending) => [ending, advice] as const)),
);

export type Kind =
  | { readonly isImage: true }
  | { readonly isImage: false; readonly kind: string; readonly advice?: string };

/**
 * What a file without an image's ending is.
 *
 * @param readHead gives its first bytes; only asked where its ending does not say what it is
 */
export async function kindOf(path: string, readHead: () => Promise<Uint8Array>): Promise<Kind> {
  const ending = endingOf(path);
  const kind = ending === '' ? 'no ending' : ending;
  if (otherEndings.has(ending)) return { isImage: false, kind };
  const known = adviceOf.get(ending);
  if (known !== undefined) return { isImage: false, kind, advice: known };
  const head = await readHead();
  if (sniffFormat(head) !== undefined) return { isImage: true };
  const advice = (foreignFormatOf(head) ?? foreignEndings[ending])?.advice;
  return { isImage: false, kind, ...(advice !== undefined && { advice }) };
}
