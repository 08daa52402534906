/** Blocks of tar files, byte by byte: tar-stream writes neither old nor odd ones. */
import { Buffer } from 'node:buffer';

export interface Member {
  readonly name?: string | Buffer;
  readonly content?: string | Buffer;
  /** `0` for a file. */
  readonly type?: string;
  /** Of its field, where it is not the length of the content in octal digits. */
  readonly size?: string | Buffer;
  /** `ustar\0` or whatever stands there. */
  readonly magic?: string;
  /** From byte 345 on. */
  readonly prefix?: string;
  /** From byte 500 on. */
  readonly rest?: string;
}

export function headerBlock({ name = '', content = '', ...member }: Member): Buffer {
  const { type = '0', size, magic = 'ustar\0', prefix = '', rest = '' } = member;
  const block = Buffer.alloc(512);
  const bytes = Buffer.from(name as string);
  bytes.copy(block, 0, 0, 100);
  block.write('0000644\0', 100);
  Buffer.from(
    (size ??
      `${Buffer.from(content as string)
        .length.toString(8)
        .padStart(11, '0')}\0`) as string,
  ).copy(block, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156, 'latin1');
  block.write(magic, 257, 'latin1');
  block.write(prefix, 345);
  block.write(rest, 500);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A member with its content, up to the end of its last block. */
export function memberBlocks(member: Member): Buffer {
  const content = Buffer.from((member.content ?? '') as string);
  return Buffer.concat([headerBlock(member), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export const endMark = Buffer.alloc(1024);

/** `27 path=pictures/0001.jpg\n`. */
export function paxRecord(key: string, value: string): string {
  const length = Buffer.from(` ${key}=${value}\n`).length;
  const digits = String(length + String(length).length).length;
  return `${length + digits} ${key}=${value}\n`;
}
