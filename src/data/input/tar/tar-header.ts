/**
 * Headers of tar members: POSIX ustar and pax (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), and GNU's long names and
 * large sizes. tar-stream, which writes tars here, reads them from their beginning only, and one member at a time.
 */
import type { Buffer } from 'node:buffer';
import { nameOf } from '../names.js';

export const blockBytes = 512;

export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
}

const types: Readonly<Record<string, string>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'named pipe',
  x: 'pax-header',
  X: 'pax-header',
  g: 'pax-global-header',
  K: 'gnu-long-link',
  L: 'gnu-long-name',
};

/** Members that only say something of the one that follows. */
export const isAboutNext = (type: string) => /^(pax|gnu)-/.test(type);

/** Undefined for a block of zeros. @throws Error where the block is no header */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? ' '.charCodeAt(0) : byte), 0);
  if (sum !== numberOf(block.subarray(148, 156))) throw new Error('there is no header of a member where one is due');
  const name = text(block.subarray(0, 100));
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? text(block.subarray(345, 500)) : '';
  const flag = String.fromCharCode(block[156] as number);
  // Old archives tell folders by the slash alone.
  const type = types[flag] === 'file' && name.endsWith('/') ? 'directory' : (types[flag] ?? `member of type ${flag}`);
  return { name: prefix === '' ? name : `${prefix}/${name}`, type, sizeBytes: numberOf(block.subarray(124, 136)) };
}

/** Up to the first zero byte. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return nameOf(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Octal digits, or GNU's base 256 where the first bit is set. NaN for anything else. */
function numberOf(bytes: Buffer): number {
  if (((bytes[0] as number) & 0x80) !== 0) {
    return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, (bytes[0] as number) & 0x7f);
  }
  const digits = bytes.toString('latin1').replace(/\0.*$/s, '').trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}

/** What a member says of the one that follows it. */
export interface Told {
  readonly name?: string;
  readonly sizeBytes?: number;
}

/** @param content of a member whose type `isAboutNext` */
export function toldBy(type: string, content: Buffer): Told {
  if (type === 'gnu-long-name') return { name: text(content) };
  if (type !== 'pax-header') return {};
  const records = paxRecords(content);
  const [path, size] = [records.get('path'), records.get('size')];
  return {
    ...(path && { name: nameOf(path) }),
    ...(size && { sizeBytes: Number(size.toString('latin1')) }),
  };
}

/** Records of the form `27 path=pictures/0001.jpg\n`, of which the number is the record's length. */
function paxRecords(content: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let start = 0; start < content.length; ) {
    const space = content.indexOf(' ', start);
    const length = Number(content.toString('latin1', start, space));
    const equals = content.indexOf('=', space);
    if (equals < 0 || !(start + length > equals)) break;
    records.set(content.toString('utf8', space + 1, equals), content.subarray(equals + 1, start + length - 1));
    start += length;
  }
  return records;
}
