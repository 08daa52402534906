import type { Buffer } from 'node:buffer';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type PictureInput, readablePicture } from '../../../src/data/pictures/picture-input.js';

const pixelsOf = async (picture: PictureInput) => [
  ...(await sharp((await readablePicture(picture)) as Buffer)
    .raw()
    .toBuffer()),
];
const tensor = (shape: number[], dtype: string, values: number[]) => ({ shape, dtype, data: async () => values });

test('a path becomes absolute, bytes stay the same memory', async () => {
  expect(await readablePicture('a.png')).toBe(resolve('a.png'));
  const whole = Uint8Array.of(1, 2, 3, 4);
  const read = (await readablePicture(whole.subarray(1, 3))) as Buffer;
  expect([[...read], read.buffer === whole.buffer]).toEqual([[2, 3], true]);
});

test('a tensor of bytes or of -1 to 1 has the pixels that it says', async () => {
  expect(await pixelsOf(tensor([1, 2, 3], 'int32', [0, 1, 2, 3, 4, 255]))).toEqual([0, 1, 2, 3, 4, 255]);
  expect(await pixelsOf(tensor([1, 1, 3], 'float32', [-1, 0, 1]))).toEqual([0, 128, 255]);
  expect(await pixelsOf(tensor([2, 1, 4], 'int32', [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test.each([
  [tensor([1, 3], 'int32', [1, 2, 3]), 'Got a tensor of [1,3], wanted [height, width, 1, 3 or 4].'],
  [tensor([1, 1, 1, 3], 'int32', [1, 2, 3]), 'Got a tensor of [1,1,1,3]'],
  [tensor([0, 1, 3], 'int32', []), 'Got a tensor of [0,1,3]'],
  [tensor([1, 0, 3], 'int32', []), 'Got a tensor of [1,0,3]'],
  [tensor([1, 1, 2], 'int32', [1, 2]), 'Got a tensor of [1,1,2]'],
  [tensor([1, 1, 1], 'int32', [256]), 'Got 256 in a int32 tensor of a picture, wanted values from 0 to 255.'],
  [tensor([1, 1, 1], 'int32', [-1]), 'Got -1 in a int32 tensor'],
  [tensor([1, 1, 1], 'float32', [1.5]), 'Got 1.5 in a float32 tensor of a picture, wanted values from -1 to 1.'],
  [tensor([1, 1, 1], 'float32', [-1.5]), 'Got -1.5 in a float32 tensor'],
  [tensor([1, 1, 1], 'float32', [Number.NaN]), 'Got NaN in a float32 tensor'],
  [tensor([1, 2, 1], 'int32', [1, 2, 3]), 'Got 3 bytes of pixels for 2×1 px with 1 channels.'],
])('%j is refused: %s', async (picture, message) => {
  await expect(readablePicture(picture)).rejects.toThrow(message);
});
