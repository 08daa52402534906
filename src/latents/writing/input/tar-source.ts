/** WebDataset tar shards as a source of images. Nothing is ever unpacked to disk; member names are only names. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import fg from 'fast-glob';
import { extract } from 'tar-stream';
import { imageExtensions } from '../../../data/pictures/format.js';
import { reasonOf, UserError } from '../../../errors.js';
import { type CandidateSource, type EncodeOptions, type EncodeSummary, encodeCandidates } from '../encode.js';
import type { Candidate } from './candidates.js';
import { openReader, type Reader, type ReaderOptions } from './reading.js';

export interface EncodeTarsOptions extends EncodeOptions {
  /** Paths of tar files, in the order in which they are read. */
  readonly tars: readonly string[];
  /** Larger members are skipped before they are read. */
  readonly maxFileBytes: number;
}

/**
 * Encodes the images of WebDataset tar files as `encodeFolder` does those of a folder. An image's path is the tar's name without
 * its extension and the member's name; its class is the content of the sample's `.cls` member.
 *
 * @throws UserError where a tar is damaged; what was encoded before it is kept
 */
export async function encodeTars({ tars, ...options }: EncodeTarsOptions): Promise<EncodeSummary> {
  assertDistinctNames(tars);
  return encodeCandidates(options, (isDone, batch): CandidateSource => {
    return { total: undefined, candidates: candidates(tars, { ...options, batch }, isDone) };
  });
}

/**
 * The tar files that `root` means: one file, or a glob; none if it means something else.
 */
export async function findTars(root: string): Promise<string[]> {
  const status = await stat(root).catch(() => undefined);
  const found = status === undefined && fg.isDynamicPattern(root) ? await fg(root) : status?.isFile() ? [root] : [];
  return found.filter((path) => path.toLowerCase().endsWith('.tar')).sort();
}

const stemOf = (tar: string) => basename(tar, extname(tar));

function assertDistinctNames(tars: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const tar of tars) {
    const other = seen.get(stemOf(tar));
    if (other !== undefined) throw new UserError(`Got ${other} and ${tar}, wanted tar files of different names.`);
    seen.set(stemOf(tar), tar);
  }
}

type TarOptions = ReaderOptions & Pick<EncodeTarsOptions, 'maxFileBytes' | 'batch'>;

/** Decodes two batches ahead of whoever asks, in the order of the members. */
async function* candidates(
  tars: readonly string[],
  options: TarOptions,
  isDone: (path: string) => boolean,
): AsyncGenerator<Candidate, void, void> {
  const ahead: Promise<Candidate>[] = [];
  const reader = openReader(options, 2 * options.batch);
  try {
    for (const tar of tars) {
      for await (const sample of samplesOf(tar, options, isDone)) {
        for (const image of sample.images) {
          const candidate = decode(image, sample.label, reader);
          // Awaited in its turn; until then a failure is not an unhandled one.
          candidate.catch(() => undefined);
          ahead.push(candidate);
        }
        while (ahead.length > 2 * options.batch) yield await (ahead.shift() as Promise<Candidate>);
      }
    }
    while (ahead.length > 0) yield await (ahead.shift() as Promise<Candidate>);
  } finally {
    await Promise.allSettled(ahead);
    await reader.close();
  }
}

interface TarImage {
  readonly path: string;
  readonly content: Buffer | UnusableMember;
}

/** Why a member is not looked at. */
interface UnusableMember {
  readonly reason: string;
}

interface Sample {
  readonly images: TarImage[];
  label: string | null;
}

async function decode({ path, content }: TarImage, label: string | null, { read }: Reader): Promise<Candidate> {
  return Buffer.isBuffer(content) ? read({ path, label, source: content }) : { path, reason: content.reason };
}

/** Members that follow each other and share their name up to the first dot of the file name. */
async function* samplesOf(tar: string, { maxFileBytes }: TarOptions, isDone: (path: string) => boolean) {
  let key: string | undefined;
  let sample: Sample = { images: [], label: null };
  for await (const entry of entriesOf(tar)) {
    const { name, type, size = 0 } = entry.header;
    const [, stem, extension = ''] = /^((?:.*\/)?[^/.]*)\.?([^/]*)$/s.exec(name) ?? [];
    if (stem !== key) {
      yield sample;
      key = stem;
      sample = { images: [], label: null };
    }
    const path = `${stemOf(tar)}/${name}`;
    const isImage = imageExtensions.some((known) => extension.toLowerCase().split('.').at(-1) === known);
    if (isImage && !isDone(path)) {
      const reason = type === 'file' ? undefined : `is a ${type}, not a file`;
      const tooLarge =
        size > maxFileBytes ? `larger than the limit of ${maxFileBytes} bytes (--max-file-bytes)` : undefined;
      const unusable = reason ?? tooLarge;
      sample.images.push({
        path,
        content: unusable === undefined ? await contentOf(entry, tar) : { reason: unusable },
      });
    } else if (extension === 'cls' && size <= largestLabelBytes) {
      sample.label = (await contentOf(entry, tar)).toString('utf8').trim();
    }
    entry.resume();
  }
  yield sample;
}

const largestLabelBytes = 4096;

type Entry = NonNullable<ReturnType<typeof extract> extends AsyncIterable<infer Member> ? Member : never>;

async function contentOf(entry: Entry, tar: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of entry) chunks.push(chunk as Buffer);
  } catch (error) {
    throw damaged(tar, error);
  }
  return Buffer.concat(chunks);
}

async function* entriesOf(tar: string): AsyncGenerator<Entry, void, void> {
  const source = createReadStream(tar);
  const entries = extract();
  source.on('error', (error) => entries.destroy(error));
  try {
    for await (const entry of source.pipe(entries)) yield entry;
  } catch (error) {
    throw damaged(tar, error);
  } finally {
    source.destroy();
  }
}

function damaged(tar: string, error: unknown): UserError {
  return new UserError(`Cannot read ${tar} to its end: ${reasonOf(error)}.`, { cause: error });
}
