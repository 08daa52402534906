/** WebDataset tar files as images: members of one key are one sample, wherever in the tar they stand. */
import type { Buffer } from 'node:buffer';
import { UserError } from '../../../errors.js';
import { absolute, relativeTo } from '../../../storage/locations.js';
import { headSizeBytes } from '../../pictures/formats/format.js';
import { companionsAmong, stemsOf } from '../beside/companions.js';
import type { ImageFile, ImageSource } from '../image-file.js';
import { hasImageEnding, type Kind, kindOf } from '../kinds.js';
import { classOfText, largestClassBytes } from '../labels.js';
import type { LeftOutTally } from '../left-out.js';
import { endingOf } from '../names.js';
import { openTar, type TarFile, type TarMember } from './tar-index.js';

export interface TarOptions {
  /** Larger members are refused before they are read. */
  readonly maxFileBytes: number;
  readonly leftOut: LeftOutTally;
  readonly signal?: AbortSignal | undefined;
}

export interface TarImages {
  readonly images: readonly TarImage[];
  /** Whether there is any `.cls` member. */
  readonly hasClassMembers: boolean;
  /** Why tars could not be read to their end. */
  readonly damage: readonly UserError[];
}

export interface TarImage {
  readonly file: ImageFile;
  /** Its name in the tar. */
  readonly member: string;
}

/** The images of tar files. An image's path is that of its tar from `folder` on, without `.tar`, and the member's name. */
export async function imagesOfTars(folder: string, tars: readonly string[], options: TarOptions): Promise<TarImages> {
  const images: TarImage[] = [];
  let hasClassMembers = false;
  const damage: UserError[] = [];
  for (const path of tars) {
    await using tar = await openTar(absolute(path));
    const members: TarMember[] = [];
    try {
      for await (const member of tar.members()) {
        if (options.signal?.aborted)
          throw new UserError(`Interrupted while ${path} was searched: nothing was done yet.`);
        members.push(member);
      }
      if (members.length > 0 && !(await tar.hasEndMark())) options.leftOut.add(...unmarkedEnd(path));
    } catch (error) {
      if (!(error instanceof UserError) || members.length === 0) throw error;
      damage.push(error);
    }
    hasClassMembers ||= members.some(({ name }) => endingOf(name) === '.cls');
    images.push(...(await imagesOf(tar, prefixOf(folder, path), members, options)));
  }
  return { images, hasClassMembers, damage };
}

function unmarkedEnd(path: string): [kind: string, path: string, advice: string] {
  return [
    'end of a tar without its mark',
    path,
    'what followed may have been cut off, see whether it is whole (tar -tvf FILE)',
  ];
}

function prefixOf(folder: string, tar: string): string {
  return relativeTo(folder, tar).replace(/\.tar$/i, '');
}

async function imagesOf(
  tar: TarFile,
  prefix: string,
  members: readonly TarMember[],
  { maxFileBytes, leftOut }: TarOptions,
): Promise<TarImage[]> {
  const byName = new Map<string, TarMember[]>();
  for (const member of members) {
    const name = memberName(member);
    byName.set(name, [...(byName.get(name) ?? []), member]);
  }
  const companionOf = (name: string): ImageSource | undefined => {
    const member = byName.get(name)?.[0];
    return member && { path: tar.path, location: { tar: tar.path, ...placeOf(member) } };
  };
  const images: TarImage[] = [];
  const others: (readonly [name: string, member: TarMember, twins: number])[] = [];
  const used = new Set<string>();
  for (const [name, [member, ...twins]] of byName) {
    if (member === undefined) continue;
    // As Apple's tar leaves them beside every file.
    if (name.split('/').some((part) => part.startsWith('.') && part !== '..')) {
      leftOut.add('hidden', `${prefix}/${name}`);
      continue;
    }
    if (hasImageEnding(name)) await add(name, member, twins.length);
    else if (endingOf(name) !== '.cls') others.push([name, member, twins.length]);
  }
  const unread: (readonly [name: string, kind: string, advice: string | undefined])[] = [];
  for (const [name, member, twins] of others) {
    const kind = await kindOfMember(tar, member, name);
    if (kind.isImage) await add(name, member, twins);
    else unread.push([name, kind.kind, kind.advice]);
  }
  // Last, since the images by content have companions among them.
  for (const [name, kind, advice] of unread) if (!used.has(name)) leftOut.add(kind, `${prefix}/${name}`, advice);
  return images;

  async function add(name: string, member: TarMember, twins: number): Promise<void> {
    const label = await labelOf(name);
    const { type, sizeBytes } = member;
    const beside: string[] = [];
    const companions = companionsAmong(name, companionOf, (companion) => beside.push(companion));
    for (const companion of beside) used.add(companion);
    const twin = beside.find((companion) => (byName.get(companion) ?? []).length > 1);
    const [stem = name, first = stem] = stemsOf(name);
    const reason =
      (twins > 0 && `${twins + 1} members of the tar have this name: give every sample its own`) ||
      (type !== 'file' && `is a ${type}, not a file`) ||
      (sizeBytes > maxFileBytes && `larger than the limit of ${maxFileBytes} bytes (--max-file-bytes)`) ||
      (twin !== undefined && `the tar has several members ${twin}: give every sample its own name`) ||
      label.refusal;
    const file: ImageFile = {
      path: tar.path,
      relativePath: `${prefix}/${name}`,
      location: { tar: tar.path, ...placeOf(member) },
      key: label.key ?? (byName.has(`${stem}.txt`) || byName.has(`${stem}.json`) ? stem : first),
      ...(Object.keys(companions).length > 0 && { companions }),
      ...(label.name !== undefined && { label: label.name }),
      ...(reason && { refusal: reason }),
    };
    images.push({ file, member: name });
  }

  /** The class of an image: the content of the `.cls` member of its key. */
  async function labelOf(image: string): Promise<{ name?: string; key?: string; refusal?: string }> {
    const key = stemsOf(image).find((stem) => byName.has(`${stem}.cls`));
    if (key === undefined) return {};
    const found = byName.get(`${key}.cls`) ?? [];
    if (found.some(({ sizeBytes }) => sizeBytes > largestClassBytes))
      return { refusal: `${key}.cls is too large for a class` };
    const texts = await Promise.all(found.map((member) => tar.content(member)));
    const [text, ...others] = texts as [Buffer, ...Buffer[]];
    if (others.some((other) => !other.equals(text))) {
      return { refusal: `the tar has ${texts.length} members ${key}.cls that differ: give every sample its own name` };
    }
    return { key, ...classOfText(text, `${key}.cls`) };
  }
}

/** `./a/0.jpg` means what `a/0.jpg` means. */
const memberName = ({ name }: TarMember) => name.replace(/^(\.\/+)+/, '').replace(/\/(\.?\/)+/g, '/');

const placeOf = ({ position, sizeBytes }: TarMember) => ({ position, sizeBytes });

const kindOfMember = (tar: TarFile, member: TarMember, name: string): Promise<Kind> =>
  kindOf(name, () => tar.content({ ...member, sizeBytes: Math.min(member.sizeBytes, headSizeBytes) }));
