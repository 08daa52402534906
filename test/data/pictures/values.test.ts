import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeWholeImage, type ReadOptions } from '../../../src/data/pictures/decode.js';
import { visibleRgb } from '../../../src/data/pictures/values/visible.js';
import { makeFolder } from '../folders.js';

/** A TIFF of one strip, little-endian, of samples that lie side by side (TIFF 6.0, sections 2 and 8). */
function tiff(
  values: ArrayBufferView,
  { width, height, samples = 1, bits, format = 1, photometric = samples >= 3 ? 2 : 1 }: Record<string, number>,
): Buffer {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const entries = [
    [256, width],
    [257, height],
    [258, bits],
    [259, 1],
    [262, photometric],
    [273, 8],
    [277, samples],
    [278, height],
    [279, data.length],
    [339, format],
  ] as [number, number][];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  const more = Buffer.alloc(4 * samples);
  const moreAt = 8 + data.length + directory.length;
  directory.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, value], index) => {
    const at = 2 + 12 * index;
    const perSample = tag === 258 || tag === 339;
    const isLong = tag === 273 || tag === 279;
    const count = perSample ? samples : 1;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(isLong ? 4 : 3, at + 2);
    directory.writeUInt32LE(count, at + 4);
    const offset = tag === 258 ? 0 : 2 * samples;
    if (perSample) for (let sample = 0; sample < samples; sample++) more.writeUInt16LE(value, offset + 2 * sample);
    if (count > 2) directory.writeUInt32LE(moreAt + offset, at + 8);
    else if (isLong) directory.writeUInt32LE(value, at + 8);
    else for (let sample = 0; sample < count; sample++) directory.writeUInt16LE(value, at + 8 + 2 * sample);
  });
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + data.length, 4);
  return Buffer.concat([head, data, directory, more]);
}

const pixelsOf = async (content: Buffer, options: Partial<ReadOptions> = {}) => [
  ...(await decodeWholeImage(content, { maxPixels: 1e6, ...options })).pixels,
];

const four = { width: 2, height: 2 };
const floats = tiff(Float32Array.of(0, 0.5, 0.25, 1), { ...four, bits: 32, format: 3 });

test('32-bit floats and integers are refused without a range, and mapped by one', async () => {
  await expect(pixelsOf(floats)).rejects.toThrow(/32-bit floating-point values from 0 to 1.*--range LOW,HIGH/);
  expect(await pixelsOf(floats, { range: [0, 1], imageChannels: 1 })).toEqual([0, 128, 64, 255]);
  expect(await pixelsOf(floats, { range: [-1, 1], imageChannels: 1 })).toEqual([128, 191, 159, 255]);
  await expect(pixelsOf(floats, { range: [0, 0.9] })).rejects.toThrow(
    /from 0 to 1, wanted values within --range 0,0\.9/,
  );
  const wide = tiff(Float32Array.of(0.5, 1.2345678, -0.25, 0), { ...four, bits: 32, format: 3 });
  await expect(pixelsOf(wide)).rejects.toThrow('32-bit floating-point values from -0.25 to 1.23457, wanted');
  await expect(pixelsOf(wide, { range: [0, 2] })).rejects.toThrow('wanted values within --range 0,2');
  const integers = tiff(Int32Array.of(-100, 0, 100, 300), { ...four, bits: 32, format: 2 });
  await expect(pixelsOf(integers)).rejects.toThrow(/signed 32-bit values from -100 to 300/);
  expect(await pixelsOf(integers, { range: [-100, 300], imageChannels: 1 })).toEqual([0, 64, 128, 255]);
  const holed = tiff(Float32Array.of(0, Number.NaN, 0.25, 1), { ...four, bits: 32, format: 3 });
  await expect(pixelsOf(holed, { range: [0, 1] })).rejects.toThrow(/no finite numbers/);
  const colours = tiff(Float32Array.of(0, 0.5, 1, 1, 1, 0), { width: 2, height: 1, samples: 3, bits: 32, format: 3 });
  expect(await pixelsOf(colours, { range: [0, 1] })).toEqual([0, 128, 255, 255, 255, 0]);
});

test('10, 12 and 14 bits in 16 are refused with the range that they look like; real 16 bits are read', async () => {
  for (const [most, white] of [
    [1023, 1023],
    [4095, 4095],
    [3000, 4095],
    [16_000, 16_383],
  ] as const) {
    const dark = tiff(Uint16Array.of(0, most >> 1, 5, most), { ...four, bits: 16 });
    await expect(pixelsOf(dark)).rejects.toThrow(`--range 0,${white}`);
    expect((await pixelsOf(dark, { range: [0, white], imageChannels: 1 })).at(-1)).toBe(
      Math.round((most / white) * 255),
    );
  }
  const full = tiff(Uint16Array.of(0, 256, 32_768, 65_535), { ...four, bits: 16 });
  expect(await pixelsOf(full, { imageChannels: 1 })).toEqual([0, 1, 128, 255]);
  expect(await pixelsOf(tiff(new Uint16Array(4), { ...four, bits: 16 }), { imageChannels: 1 })).toEqual([0, 0, 0, 0]);
});

test('values that would be misread are named: L*a*b*, raw YCbCr, half floats, five channels', async () => {
  const three = { width: 2, height: 1, samples: 3, bits: 8 };
  await expect(pixelsOf(tiff(new Uint8Array(6), { ...three, photometric: 8 }))).rejects.toThrow(
    /CIE L\*a\*b\* colours/,
  );
  await expect(pixelsOf(tiff(new Uint8Array(6), { ...three, photometric: 6 }))).rejects.toThrow(/YCbCr/);
  await expect(pixelsOf(tiff(new Uint16Array(4), { ...four, bits: 16, format: 3 }))).rejects.toThrow(/16-bit floating/);
  // libvips would make zeros of negative values.
  const signed = tiff(Int16Array.of(-100, 0, 100, 300), { ...four, bits: 16, format: 2 });
  await expect(pixelsOf(signed, { range: [-100, 300] })).rejects.toThrow(/signed 16-bit values, which are not read/);
  const double = tiff(new Float64Array(4), { ...four, bits: 64, format: 3 });
  await expect(pixelsOf(double)).rejects.toThrow('a TIFF of 64 bits per value, wanted 8, 16 or 32: save it with 32');
  const five = tiff(new Uint8Array(20), { ...four, samples: 5, bits: 8, photometric: 1 });
  await expect(pixelsOf(five)).rejects.toThrow('has 5 channels, wanted 1 to 4 of them');
  const animated = Buffer.from('0000001c6674797061766973000000006176696661766973', 'hex');
  await expect(pixelsOf(animated)).rejects.toThrow(/^an animated AVIF/);
});

test("one channel is Pillow's convert('L'), four keep alpha", async () => {
  const colours = [10, 200, 30, 255, 0, 0, 0, 0, 255, 7, 7, 7, 123, 45, 67];
  const png = sharp(Uint8Array.from(colours), { raw: { width: 5, height: 1, channels: 3 } }).png();
  // Pillow 12.3: Image.fromarray(colours).convert('L')
  expect(await pixelsOf(await png.toBuffer(), { imageChannels: 1 })).toEqual([124, 76, 29, 7, 71]);
  const withAlpha = Uint8Array.of(10, 200, 30, 0, 255, 0, 0, 128, 1, 2, 3, 255);
  const file = join(makeFolder(), 'alpha.png');
  await sharp(withAlpha, { raw: { width: 3, height: 1, channels: 4 } })
    .png()
    .toFile(file);
  const content = await sharp(file).png().toBuffer();
  expect(await pixelsOf(content, { imageChannels: 4 })).toEqual([...withAlpha]);
  expect(await pixelsOf(await png.toBuffer(), { imageChannels: 4 })).toEqual([
    ...[10, 200, 30, 255, 255, 0, 0, 255, 0, 0, 255, 255, 7, 7, 7, 255, 123, 45, 67, 255],
  ]);
  expect([...visibleRgb({ pixels: withAlpha, channels: 4 })]).toEqual([255, 255, 255, 255, 127, 127, 1, 2, 3]);
  expect([...visibleRgb({ pixels: Uint8Array.of(9), channels: 1 })]).toEqual([9, 9, 9]);
});
