import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, decodeWholeImage } from '../../../src/data/pictures/decode.js';
import { drawn } from '../folders.js';

const maxPixels = 1e8;
const whole = (image: Buffer) => decodeWholeImage(image, { maxPixels });
const centre = (image: Buffer, size: number) =>
  decodeImage(image, { size, maxPixels, crop: { kind: 'center' }, mirror: false });
const firstPixel = async (image: Buffer) => [...(await whole(image)).pixels.subarray(0, 3)];

const orange = { r: 200, g: 100, b: 50 };
const plain = (width = 4, height = 4) => sharp({ create: { width, height, channels: 3, background: orange } });

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a, (value, index) => Math.abs(value - (b[index] as number))).reduce((x, y) => Math.max(x, y), 0);
}

describe('EXIF orientation (Exif 2.3, tag 274)', () => {
  const [width, height] = [5, 3];
  const stored = (x: number, y: number) => [40 * x, 80 * y, 30 * (x + y)];
  // What is shown at (x, y) of the upright picture is stored at:
  const [right, bottom] = [width - 1, height - 1];
  const sources: Record<number, (x: number, y: number) => [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [right - x, y],
    3: (x, y) => [right - x, bottom - y],
    4: (x, y) => [x, bottom - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, bottom - x],
    7: (x, y) => [right - y, bottom - x],
    8: (x, y) => [right - y, x],
  };
  for (const [orientation, source] of Object.entries(sources)) {
    const isTurned = Number(orientation) > 4;
    const [uprightWidth, uprightHeight] = isTurned ? [height, width] : [width, height];
    const expected = Array.from({ length: width * height }, (_, index) => {
      return stored(...source(index % uprightWidth, Math.floor(index / uprightWidth)));
    });
    test(`${orientation}`, async () => {
      const file = await drawn(width, height, stored)
        .withMetadata({ orientation: Number(orientation) })
        .png()
        .toBuffer();
      const picture = await whole(file);
      expect([picture.width, picture.height]).toEqual([uprightWidth, uprightHeight]);
      expect([...picture.pixels]).toEqual(expected.flat());
      // The shorter side is the size already, so the crop is an exact cut.
      const cut = await centre(file, 3);
      const cropBox = isTurned ? { left: 0, top: 1, side: 3 } : { left: 1, top: 0, side: 3 };
      const { originalWidth, originalHeight } = cut;
      expect({ originalWidth, originalHeight, cropBox: cut.cropBox }).toEqual({
        originalWidth: uprightWidth,
        originalHeight: uprightHeight,
        cropBox,
      });
      const inside = (x: number, y: number) => stored(...source(x + cropBox.left, y + cropBox.top));
      expect([...cut.pixels]).toEqual(Array.from({ length: 9 }, (_, i) => inside(i % 3, Math.floor(i / 3))).flat());
    });
  }
});

describe('channels, depths and profiles become 8-bit sRGB', () => {
  test('grey', async () => {
    const grey = await sharp(Uint8Array.from([0, 77, 128, 255]), { raw: { width: 4, height: 1, channels: 1 } });
    expect([...(await whole(await grey.toColourspace('b-w').png().toBuffer())).pixels]).toEqual(
      [0, 77, 128, 255].flatMap((value) => [value, value, value]),
    );
  });

  test('a 16-bit grey ramp keeps its high bytes', async () => {
    const ramp = Uint16Array.from({ length: 1024 }, (_, index) => index * 64);
    const image = sharp(ramp, { raw: { width: 1024, height: 1, channels: 1 } });
    const { pixels } = await whole(await image.toColourspace('grey16').png().toBuffer());
    expect([...pixels]).toEqual(Array.from(ramp, (value) => [value >> 8, value >> 8, value >> 8]).flat());
  });

  test('16-bit RGB keeps its high bytes', async () => {
    const values = Uint16Array.from([51400, 25700, 12850, 0, 32768, 65535]);
    const image = sharp(values, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16');
    expect([...(await whole(await image.png().toBuffer())).pixels]).toEqual([200, 100, 50, 0, 128, 255]);
  });

  test('alpha is laid over white', async () => {
    const background = { ...orange, alpha: 128 / 255 };
    const image = await sharp({ create: { width: 2, height: 2, channels: 4, background } })
      .png()
      .toBuffer();
    const over = (value: number) => Math.round(255 + ((value - 255) * 128) / 255);
    expect(await firstPixel(image)).toEqual([over(200), over(100), over(50)]);
  });

  test('CMYK, as near as its gamut allows', async () => {
    const background = { r: 150, g: 140, b: 130 };
    const image = sharp({ create: { width: 16, height: 16, channels: 3, background } }).toColourspace('cmyk');
    const file = await image.jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    expect(largestDifference(await firstPixel(file), [150, 140, 130])).toBeLessThanOrEqual(12);
  });

  for (const [depth, space] of [
    [8, 'srgb'],
    [16, 'rgb16'],
  ] as const) {
    test(`Display P3 with ${depth} bits`, async () => {
      const file = await plain().toColourspace(space).withIccProfile('p3').png().toBuffer();
      const [r = 0, g = 0, b = 0] = await sharp(file, { ignoreIcc: true }).raw().toBuffer();
      expect(largestDifference([r, g, b], [200, 100, 50])).toBeGreaterThan(5);
      expect(largestDifference(await firstPixel(file), p3ToSrgb([r, g, b]))).toBeLessThanOrEqual(2);
    });
  }

  test('a 16-bit picture in sRGB stays what it is', async () => {
    const file = await plain().toColourspace('rgb16').withIccProfile('srgb').png().toBuffer();
    expect(largestDifference(await firstPixel(file), [200, 100, 50])).toBeLessThanOrEqual(1);
  });

  for (const format of ['gif', 'webp', 'avif', 'tiff'] as const) {
    test(`${format}, the first frame`, async () => {
      const options = { gif: {}, webp: { lossless: true }, avif: { lossless: true }, tiff: {} }[format];
      const frames = await Promise.all(['#c86432', '#0000ff'].map((colour) => frame(colour)));
      const isAnimated = format === 'gif' || format === 'webp';
      const image = isAnimated ? sharp(frames, { join: { animated: true } }) : sharp(frames[0]);
      const file = await image.toFormat(format, options).toBuffer();
      if (isAnimated) expect((await sharp(file).metadata()).pages).toBe(2);
      const picture = await whole(file);
      expect([picture.width, picture.height]).toEqual([16, 16]);
      expect(largestDifference(picture.pixels.subarray(0, 3), [200, 100, 50])).toBeLessThanOrEqual(1);
    });
  }
});

function frame(background: string): Promise<Buffer> {
  return sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();
}

/** Both spaces share white point and transfer curve (IEC 61966-2-1; SMPTE EG 432-1), so one matrix is all. */
function p3ToSrgb(p3: readonly number[]): number[] {
  const matrix = [
    [1.2249401763, -0.2249401763, 0],
    [-0.0420569547, 1.0420569547, 0],
    [-0.0196375546, -0.0786360656, 1.0982736201],
  ];
  const linear = p3.map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return matrix.map((row) => {
    const value = Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * (linear[i] as number), 0),
      ),
    );
    return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
  });
}

describe('resizing', () => {
  test('one pixel fills the square', async () => {
    const { pixels, cropBox } = await centre(await plain(1, 1).png().toBuffer(), 32);
    expect(pixels.length).toBe(32 * 32 * 3);
    expect([...pixels]).toEqual(Array.from({ length: 32 * 32 }, () => [200, 100, 50]).flat());
    expect(cropBox).toEqual({ left: 0, top: 0, side: 1 });
  });

  test('a strip of 20000×10 gives the ten columns in its middle, and turned the ten rows', async () => {
    const wide = drawn(20_000, 10, (x, y) => [x % 256, x >> 8, y]);
    const expected = (x: number, y: number) => [(x + 9995) % 256, (x + 9995) >> 8, y];
    const flat = await centre(await wide.clone().png().toBuffer(), 10);
    expect(flat.cropBox).toEqual({ left: 9995, top: 0, side: 10 });
    expect([...flat.pixels]).toEqual(
      Array.from({ length: 100 }, (_, i) => expected(i % 10, Math.floor(i / 10))).flat(),
    );
    const upright = await centre(await wide.clone().rotate(90).png().toBuffer(), 10);
    expect(upright.cropBox).toEqual({ left: 0, top: 9995, side: 10 });
    expect((await centre(await wide.clone().png().toBuffer(), 64)).pixels.length).toBe(64 * 64 * 3);
  });

  test('detail too fine for the result becomes its mean, not a moiré', async () => {
    const checker = await drawn(250, 250, (x, y) => Array(3).fill(255 * ((x + y) % 2)))
      .png()
      .toBuffer();
    const { pixels } = await centre(checker, 37);
    expect(largestDifference(pixels, new Float32Array(pixels.length).fill(127.5))).toBeLessThanOrEqual(1.5);
  });

  test('by three, away from the border, is the Lanczos-3 kernel', async () => {
    const value = (x: number, y: number) => (x * x * 7 + y * 13 + x * y) % 256;
    const file = await drawn(96, 96, (x, y) => Array(3).fill(value(x, y)))
      .png()
      .toBuffer();
    const { pixels } = await centre(file, 32);
    const differences = Array.from({ length: 26 * 26 }, (_, index) => {
      const [column, row] = [3 + (index % 26), 3 + Math.floor(index / 26)];
      return (pixels[(row * 32 + column) * 3] as number) - Math.min(255, Math.max(0, lanczos(value, column, row, 3)));
    });
    expect(largestDifference(differences, Array(differences.length).fill(0))).toBeLessThanOrEqual(2);
  });

  test('reduced and enlarged pictures stay where they were', async () => {
    const ramp = async (side: number, size: number) => {
      const file = drawn(side, side, (x) => Array(3).fill(Math.round((x * 251) / side))).png();
      const { pixels } = await centre(await file.toBuffer(), size);
      // The place in the original that a pixel of the middle row shows, against the place it should show; in px of the result.
      return Array.from({ length: size - 16 }, (_, index) => {
        const column = index + 8;
        const shown = (pixels[((size >> 1) * size + column) * 3] as number) * (side / 251) + 0.5;
        return shown * (size / side) - (column + 0.5);
      });
    };
    const movedBy = async (side: number, size: number) => {
      const differences = await ramp(side, size);
      return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    };
    // An eighth and less is what rounding to bytes leaves.
    for (const [side, size] of [
      [200, 100],
      [400, 77],
      [100, 200],
      [100, 130],
      [250, 251],
    ] as const) {
      expect(Math.abs(await movedBy(side, size)), `${side} to ${size} px`).toBeLessThan(0.125);
    }
  });

  test('enlarged pictures are those of Pillow, at the borders too', async () => {
    const file = drawn(6, 6, (x, y) => Array(3).fill((x * x * 9 + y * 23 + x * y * 5) % 256)).png();
    // PIL.Image.fromarray(source).resize((9, 9), Image.BICUBIC), Pillow 12
    const pillow = [
      [0, 1, 10, 28, 54, 87, 128, 197, 245],
      [9, 13, 24, 43, 71, 107, 156, 146, 122],
      [26, 32, 46, 67, 98, 139, 200, 102, 0],
      [41, 49, 65, 90, 120, 167, 238, 146, 42],
      [56, 66, 85, 111, 153, 174, 133, 102, 86],
      [71, 82, 104, 132, 187, 183, 28, 57, 128],
      [86, 99, 123, 153, 217, 222, 68, 93, 160],
      [104, 118, 146, 186, 159, 111, 83, 138, 196],
      [115, 130, 161, 209, 99, 1, 85, 168, 219],
    ].flat();
    const { pixels } = await centre(await file.toBuffer(), 9);
    const grey = pixels.filter((_, index) => index % 3 === 0);
    // sharp keeps its filter at whole 1/32 px, between values up to 255 apart.
    expect(largestDifference(grey, Float32Array.from(pillow))).toBeLessThanOrEqual(6);
  });

  test('a JPEG that is shrunk while it is decoded looks like one that is not', async () => {
    const image = drawn(1024, 768, (x, y) => [128 + 100 * Math.sin(x / 40), 128 + 100 * Math.cos(y / 30), (x + y) / 8]);
    const jpeg = await centre(await image.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), 64);
    const png = await centre(await image.clone().png().toBuffer(), 64);
    expect(largestDifference(jpeg.pixels, png.pixels)).toBeLessThanOrEqual(6);
  });
});

/** The value of output pixel (column, row) when `value` is reduced `factor` times. */
function lanczos(value: (x: number, y: number) => number, column: number, row: number, factor: number): number {
  const sinc = (t: number) => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
  const taps = (at: number) => {
    const middle = (at + 0.5) * factor - 0.5;
    const indices = Array.from({ length: 6 * factor + 1 }, (_, tap) => Math.round(middle) - 3 * factor + tap);
    const weights = indices.map((index) => {
      const t = (index - middle) / factor;
      return Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0;
    });
    const sum = weights.reduce((a, b) => a + b);
    return indices.map((index, tap) => [index, (weights[tap] as number) / sum] as const);
  };
  return taps(row).reduce((total, [y, weightY]) => {
    return total + weightY * taps(column).reduce((line, [x, weightX]) => line + weightX * value(x, y), 0);
  }, 0);
}

describe('the square', () => {
  const file = drawn(9, 4, (x, y) => [x, y, 0])
    .png()
    .toBuffer();
  const cut = async (x: number, y: number, mirror = false) =>
    decodeImage(await file, { size: 4, maxPixels, crop: { kind: 'random', x, y }, mirror });

  test('lies anywhere in the free range, ends included', async () => {
    const lefts = await Promise.all([0, 0.2, 0.5, 0.999].map(async (x) => (await cut(x, 0.9)).cropBox));
    expect(lefts).toEqual([0, 1, 3, 5].map((left) => ({ left, top: 0, side: 4 })));
    expect([...(await cut(0.999, 0)).pixels.subarray(0, 12)]).toEqual([5, 0, 0, 6, 0, 0, 7, 0, 0, 8, 0, 0]);
  });

  test('is mirrored left to right, rows stay', async () => {
    const { pixels } = await cut(0, 0, true);
    expect([...pixels.subarray(12, 24)]).toEqual([3, 1, 0, 2, 1, 0, 1, 1, 0, 0, 1, 0]);
  });

  test('of a square picture is the whole, random or not', async () => {
    const square = await drawn(50, 50, (x, y) => [5 * x, 5 * y, (x * y) % 256])
      .png()
      .toBuffer();
    const random = { kind: 'random', x: 0.7, y: 0.3 } as const;
    const { pixels } = await decodeImage(square, { size: 20, maxPixels, crop: random, mirror: false });
    expect(pixels).toEqual((await centre(square, 20)).pixels);
  });
});
