import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { decodeHeader, isAboutNext, toldBy } from '../../../src/data/input/tar/tar-header.js';
import { headerBlock, type Member, paxRecord } from './tar-blocks.js';

const decoded = (member: Member) => decodeHeader(headerBlock(member));
const file = { type: 'file', sizeBytes: 0 };

describe('a header', () => {
  test('of zeros is none, of anything else needs its sum', () => {
    expect(decodeHeader(Buffer.alloc(512))).toBeUndefined();
    const block = headerBlock({ name: 'a.png' });
    expect(decodeHeader(block)).toEqual({ ...file, name: 'a.png' });
    const plain = headerBlock({ name: 'a.png', type: '7' });
    const sum = Number.parseInt(plain.toString('latin1', 148, 154), 8);
    plain.write(sum.toString(8).padStart(8, '0'), 148);
    expect(decodeHeader(plain)).toEqual({ ...file, name: 'a.png' });
    for (const at of [0, 147, 156, 511]) {
      const damaged = Buffer.from(block);
      damaged[at] = (damaged[at] as number) + 1;
      expect(() => decodeHeader(damaged), `${at}`).toThrow('there is no header');
    }
  });

  test('has names of all 100 bytes, and 155 before them in ustar alone', () => {
    const [name, prefix] = ['n'.repeat(100), 'p'.repeat(155)];
    // star writes what it is in the last bytes of the block.
    const long = { name, prefix, rest: 'no name' };
    expect(decoded(long)).toEqual({ ...file, name: `${prefix}/${name}` });
    expect(decoded({ ...long, prefix: '' })).toEqual({ ...file, name });
    expect(decoded({ ...long, prefix: 'two/folders' })).toEqual({ ...file, name: `two/folders/${name}` });
    // GNU has times there, tar of the seventh Unix nothing at all.
    expect(decoded({ ...long, magic: 'ustar  \0' })).toEqual({ ...file, name });
    expect(decoded({ ...long, magic: '' })).toEqual({ ...file, name });
    expect(decoded({ name: '' })).toEqual({ ...file, name: '' });
    expect(decoded({ name: Buffer.from('é%', 'latin1') })).toEqual({ ...file, name: '%E9%25' });
  });

  test('tells types by their letter, and old folders by their slash', () => {
    const typeOf = (type: string, name = 'a') => decoded({ type, name })?.type;
    expect([...'\x000712345 6xgKLS'].map((type) => typeOf(type))).toEqual([
      ...['file', 'file', 'file', 'link', 'symlink', 'device', 'device', 'directory', 'member of type  '],
      ...['named pipe', 'pax-header', 'pax-global-header', 'gnu-long-link', 'gnu-long-name', 'member of type S'],
    ]);
    expect([typeOf('0', 'a/'), typeOf('2', 'a/'), typeOf('0', '/a')]).toEqual(['directory', 'symlink', 'file']);
    expect(['pax-header', 'gnu-long-name', 'file', 'a pax-header'].map(isAboutNext)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('has sizes in octal digits or in base 256', () => {
    const sizeOf = (size: string | Buffer) => decoded({ size })?.sizeBytes;
    expect(sizeOf('00000001750\0')).toBe(1000);
    expect(sizeOf('777777777777')).toBe(2 ** 36 - 1);
    expect(sizeOf(' 1750 \0  77')).toBe(1000);
    expect(sizeOf('\0')).toBe(0);
    expect(sizeOf('00000000008\0')).toBeNaN();
    const large = Buffer.alloc(12);
    large[0] = 0x80;
    large.writeUInt32BE(3, 4);
    large.writeUInt32BE(5, 8);
    expect(sizeOf(large)).toBe(3 * 2 ** 32 + 5);
    large[0] = 0x81;
    expect(sizeOf(large)).toBe(2 ** 88 + 3 * 2 ** 32 + 5);
  });
});

describe('what is told of the next member', () => {
  test('is a name of GNU, up to its zero', () => {
    expect(toldBy('gnu-long-name', Buffer.from('long/name\0more'))).toStrictEqual({ name: 'long/name' });
    expect(toldBy('gnu-long-link', Buffer.from('long/name\0'))).toStrictEqual({});
  });

  test('is what stands in records of pax', () => {
    const told = (...records: string[]) => toldBy('pax-header', Buffer.from(records.join('')));
    const path = paxRecord('path', 'Kätzchen/a=b c\n.png');
    expect(told(paxRecord('mtime', '1.5'), path, paxRecord('size', '8589934592'))).toStrictEqual({
      name: 'Kätzchen/a=b c\n.png',
      sizeBytes: 2 ** 33,
    });
    expect(told(path)).toStrictEqual({ name: 'Kätzchen/a=b c\n.png' });
    expect(told(paxRecord('size', '7'))).toStrictEqual({ sizeBytes: 7 });
    expect(told(paxRecord('comment', 'path'))).toStrictEqual({});
    expect(toldBy('pax-global-header', Buffer.from(path))).toStrictEqual({});
  });

  test('ends where a record is none', () => {
    const path = paxRecord('path', 'a.png');
    for (const broken of ['0 a=b\n', 'x a=b\n', '-3 a=b\n', '6 path=x\n', 'ab']) {
      expect(toldBy('pax-header', Buffer.from(broken + path)), broken).toStrictEqual({});
      expect(toldBy('pax-header', Buffer.from(path + broken)), broken).toStrictEqual({ name: 'a.png' });
    }
    expect(toldBy('pax-header', Buffer.from('0 ab'))).toStrictEqual({});
  });
});
