/** What stands beside an image: its caption and its metadata, in files of its own name or in a table. */
import type { Buffer } from 'node:buffer';
import { UnreadableImage } from '../../skipped.js';
import { type Companions, contentOf, type ImageSource } from '../image-file.js';
import { baseNameOf, endingOf, utf8Of } from '../names.js';

/** What is known of an image in words. */
export interface ImageText {
  readonly caption?: string | undefined;
  /** JSON. */
  readonly metadata?: unknown;
}

const captionEndings = ['.txt', '.TXT', '.caption', '.CAPTION'];
const metadataEndings = ['.json', '.JSON'];

/** Names of what may stand beside an image, the first that exists counts: `a.txt`, `a.jpg.txt`; in tars also up to the first dot. */
export function companionNames(image: string): { captions: string[]; metadata: string[] } {
  const stems = [...stemsOf(image), image];
  return {
    captions: stems.flatMap((stem) => captionEndings.map((ending) => stem + ending)),
    metadata: stems.flatMap((stem) => metadataEndings.map((ending) => stem + ending)),
  };
}

/** What the other members of an image's sample may be called: its name without its ending, or up to its first dot. */
export function stemsOf(image: string): string[] {
  const folder = image.slice(0, image.length - baseNameOf(image).length);
  const stem = image.slice(0, image.length - endingOf(image).length);
  return [...new Set([stem, folder + baseNameOf(image).split('.')[0]])];
}

/** The companions of `image` among the files that `sourceOf` knows; `use` is told the names of those that count. */
export function companionsAmong(
  image: string,
  sourceOf: (name: string) => ImageSource | undefined,
  use: (name: string) => void = () => {},
): Companions {
  const names = companionNames(image);
  const find = (candidates: readonly string[]) => {
    const name = candidates.find((candidate) => sourceOf(candidate) !== undefined);
    if (name === undefined) return undefined;
    use(name);
    return sourceOf(name);
  };
  const [caption, metadata] = [find(names.captions), find(names.metadata)];
  return { ...(caption && { caption }), ...(metadata && { metadata }) };
}

/**
 * Reads what stands beside an image. The caption is that of the text file, else `caption` or `text` of the metadata; metadata are
 * those of the JSON file, else of its line in a table.
 *
 * @throws UnreadableImage where a file beside the image cannot be read as what it is
 */
export async function readText({ caption, metadata, line }: Companions): Promise<ImageText | undefined> {
  const written = caption && textOf(await contentOf(caption), 'its caption').trim();
  const json = metadata ? textOf(await contentOf(metadata), 'its JSON file') : line;
  const known = json === undefined ? undefined : parseJson(json, 'its JSON file');
  const text = written ?? captionIn(known);
  if (text === undefined && known === undefined) return undefined;
  return { ...(text !== undefined && { caption: text }), ...(known !== undefined && { metadata: known }) };
}

function captionIn(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { caption, text } = metadata as { caption?: unknown; text?: unknown };
  return [caption, text].find((value) => typeof value === 'string') as string | undefined;
}

function textOf(bytes: Buffer, what: string): string {
  const text = utf8Of(bytes);
  if (text === undefined) throw new UnreadableImage(`${what} is no UTF-8 text: convert it (iconv)`);
  return text.replace(/^\ufeff/, '');
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableImage(`${what} is not JSON: mend or remove it`, { cause: error });
  }
}
