import { Buffer } from 'node:buffer';
import { truncateSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openPicture } from '../../../src/data/pictures/picture-source.js';
import { UnreadableImage } from '../../../src/data/skipped.js';
import { makeFolder, write } from '../folders.js';

const folder = makeFolder();
const create = { create: { width: 2, height: 1, channels: 3, background: '#010203' } } as const;

test('what sharp reads stays a path, or the content that was given', async () => {
  const png = await sharp(create).png().toBuffer();
  const path = write(folder, 'a.jpg', png);
  expect(await openPicture(path, 9)).toStrictEqual({ format: 'png', readable: path });
  expect(await openPicture(png, 9)).toStrictEqual({ format: 'png', readable: png });
  // The mark of animated AVIFs says nothing in another format.
  const gif = Buffer.from('GIF89a  avis');
  expect(await openPicture(gif, 9)).toStrictEqual({ format: 'gif', readable: gif });
});

test('TIFF and BMP are looked at as a whole', async () => {
  const tiff = await sharp(create).tiff().toBuffer();
  expect(await openPicture(write(folder, 'a.tif', tiff), 9)).toEqual({ format: 'tiff', readable: tiff });
  const bmp = Buffer.alloc(62);
  bmp.write('BM');
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, 2],
    [22, 1],
  ] as const)
    bmp.writeUInt32LE(value, at);
  bmp.writeUInt16LE(24, 28);
  Buffer.from([3, 2, 1, 6, 5, 4]).copy(bmp, 54);
  const raw = { width: 2, height: 1, channels: 3 };
  for (const source of [bmp, write(folder, 'a.bmp', bmp)]) {
    expect(await openPicture(source, 2)).toStrictEqual({
      format: 'bmp',
      readable: Buffer.from([1, 2, 3, 4, 5, 6]),
      raw,
    });
  }
});

test('what is no picture, or none that is read, is refused', async () => {
  const refusal = (source: string | Buffer) => openPicture(source, 9).catch((error: unknown) => error);
  const avis = Buffer.from('00000018667479706d69663100000000617669736d696166', 'hex');
  expect(await openPicture(avis, 9)).toMatchObject({
    format: 'avif',
    readable: avis,
    refusal: expect.stringMatching(/^an animated AVIF/),
  });
  expect(await refusal(Buffer.alloc(0))).toEqual(new UnreadableImage('file is empty'));
  expect(await refusal(write(folder, 'empty', ''))).toEqual(new UnreadableImage('file is empty'));
  expect(await refusal(Buffer.from('text'))).toEqual(
    new UnreadableImage('not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image'),
  );
  expect(await refusal(Buffer.from('8BPS'))).toMatchObject({
    message: expect.stringMatching(/^Photoshop is not read/),
  });
  expect(await refusal(`${folder}/none`)).toEqual(new UnreadableImage('file does not exist'));
  // A TIFF or BMP is read as a whole, which Node does up to 2 GiB: it is told of as any other picture that cannot be read.
  const huge = write(folder, 'huge.tif', 'II*\0');
  truncateSync(huge, 2 ** 31);
  expect(await refusal(huge)).toEqual(new UnreadableImage('larger than 2 GiB, which is more than is read of one file'));
});
