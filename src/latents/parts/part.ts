/**
 * A part of an encode that many processes share. Which part an image belongs to is a function of its path alone, so that
 * neither the machine nor the order of the runs matters, and files that are added later move no other.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { below } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';

export interface Part {
  /** From 1. */
  readonly number: number;
  readonly count: number;
}

/** More would be more folders than a store of any size needs. */
export const mostParts = 99_999;

/** @param text such as `3/8` */
export function parsePart(text: string): Part {
  const [, number = 0, count = 0] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= count) return { number, count };
  throw new UserError(`Got --part ${text}, wanted a part of all, from 1/n to n/n, such as 3/8.`);
}

/** The part that `key` falls into, an image's path below the encoded folder or a tar's name: from 1 to `count`. */
export function partNumberOf(key: string, count: number): number {
  return (createHash('sha256').update(key).digest().readUIntBE(0, 6) % count) + 1;
}

export const isInPart = (key: string, { number, count }: Part): boolean => partNumberOf(key, count) === number;

const fiveDigits = (value: number) => String(value).padStart(5, '0');

/** Name of the folder that a part is stored in, below the folder of the whole store. */
export const partFolder = ({ number, count }: Part): string => `part-${fiveDigits(number)}-of-${fiveDigits(count)}`;

const folderPattern = /^part-(\d{5})-of-(\d{5})$/;

/** The parts that have a folder below `store`, in their order. */
export async function findParts(store: string): Promise<Part[]> {
  const names = await (await storageOf(store)).namesIn(store);
  const parts = names.flatMap((name) => {
    const [, number, count] = folderPattern.exec(name) ?? [];
    return number === undefined ? [] : [{ number: Number(number), count: Number(count) }];
  });
  return parts.sort((a, b) => a.count - b.count || a.number - b.number);
}

/** Where to encode a part of `store` to. @throws UserError where `store` is divided in another way */
export async function openPartFolder(store: string, part: Part): Promise<string> {
  const other = (await findParts(store)).find(({ count }) => count !== part.count);
  if (other === undefined) return below(store, partFolder(part));
  throw new UserError(
    `${store} is divided into ${other.count} parts, got part ${part.number} of ${part.count}: keep to ${other.count}, ` +
      'or write to another folder.',
  );
}
