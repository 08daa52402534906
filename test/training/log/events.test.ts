/** Event files against the bytes of TensorBoard's own writer (test/golden/tensorboard/make.py), and checksums of RFC 3720. */
import { readFile } from 'node:fs/promises';
import crc32c from '@chainsafe/fast-crc32c';
import { expect, it } from 'vitest';
import { fileHead, pictureEvent, scalarEvent } from '../../../src/training/log/events/event.js';
import { maskedChecksum } from '../../../src/training/log/events/record.js';

const png = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000c4944415478da63601811000000d20001dd1dc1ab0000000049454e44ae426082',
  'hex',
);

it('is what TensorBoard writes, byte for byte', async () => {
  const golden = await readFile(new URL('../../golden/tensorboard/events.bin', import.meta.url));
  const scalars = new Map([
    ['train/mse', 0.1],
    ['train/kl', 0],
    ['train/channelKl/0', -3.5e-7],
  ]);
  const written = Buffer.concat([
    fileHead(1764000000.25),
    scalarEvent({ step: 70000, unixSeconds: 1764000001.5 }, scalars),
    pictureEvent({ step: 70000, unixSeconds: 1764000002 }, { tag: 'samples', png }),
  ]);
  expect(written.toString('hex')).toBe(golden.toString('hex'));
});

it.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, value) => value)), 0x46dd794e],
  ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, value) => 31 - value)), 0x113fdb5c],
])('has the checksums of RFC 3720, B.4: %s', (_, data, sum) => {
  expect(crc32c.calculate(data) >>> 0).toBe(sum);
});

it('masks them as crc32c.h does', () => {
  // Unmask of tensorflow/core/lib/hash/crc32c.h.
  const unmask = (masked: number) => {
    const turned = (masked - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  expect(unmask(maskedChecksum(Buffer.alloc(32)))).toBe(0x8a9136aa);
  expect(maskedChecksum(Buffer.alloc(32))).not.toBe(0x8a9136aa);
});
