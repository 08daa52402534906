import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { latentShape } from '../../src/autoencoder/autoencoder.js';
import { createTokenizer, type Latent, type Tokenizer } from '../../src/tokenizer/tokenizer.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

const config = { latent: 'spatial', imageSize: 16, blockOutChannels: [16, 16], normNumGroups: 8, latentChannels: 3 };
let tokenizer: Tokenizer;

/** A PNG of one colour with a darker left half. */
function picture(width: number, height: number, red: number): Promise<Buffer> {
  const dark = {
    input: { create: { width: Math.ceil(width / 2), height, channels: 3 as const, background: '#102030' } },
  };
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: 90, b: 40 } } })
    .composite([{ ...dark, left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer();
}

beforeAll(async () => {
  await useDefaultEngine();
  const model = randomAutoencoder(config);
  tokenizer = createTokenizer({ model, origin: 'latent-vae' as never, path: 'model', sha256: '0'.repeat(64) });
});

describe('a tokenizer', () => {
  it('takes a picture of any size and gives it back as an image file', async () => {
    const latent = await tokenizer.encode(await picture(50, 30, 200));
    expect(latent.shape).toEqual(latentShape(tokenizer.config, [16, 16]));
    expect(latent.mean).toHaveLength(8 * 8 * 3);
    const file = await tokenizer.decode(latent, 'webp');
    expect(await sharp(file).metadata()).toMatchObject({ format: 'webp', width: 16, height: 16 });
    const { pixels } = await tokenizer.decodePixels(latent);
    expect(
      await sharp(await tokenizer.decode(latent))
        .raw()
        .toBuffer(),
    ).toEqual(Buffer.from(pixels));
  });

  it('gives every request of a crowd what it gives one alone', async () => {
    const pictures = await Promise.all([10, 60, 110, 160, 210].map((red) => picture(20, 20, red)));
    const alone: Latent[] = [];
    for (const one of pictures) alone.push(await tokenizer.encode(one));
    const together = await Promise.all(pictures.map((one) => tokenizer.encode(one)));
    for (const [index, { mean }] of together.entries()) {
      mean.forEach((value, at) => {
        expect(value).toBeCloseTo(alone[index]!.mean[at] as number, 4);
      });
    }
    expect(alone[0]?.mean).not.toEqual(alone[1]?.mean);
  });

  it('takes pixels of its size as they are, resizes others, and refuses what is not of the size it claims', async () => {
    const { data } = await sharp(await picture(16, 16, 99))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = { pixels: new Uint8Array(data), width: 16, height: 16, channels: 3 } as const;
    const fromFile = await tokenizer.encode(await picture(16, 16, 99));
    expect((await tokenizer.encode(pixels)).mean).toEqual(fromFile.mean);
    const large = await sharp(await picture(50, 30, 99))
      .raw()
      .toBuffer();
    const resized = await tokenizer.encode({ pixels: new Uint8Array(large), width: 50, height: 30, channels: 3 });
    expect(resized.mean).toEqual((await tokenizer.encode(await picture(50, 30, 99))).mean);
    await expect(tokenizer.encode({ ...pixels, width: 9 })).rejects.toThrow('Got 768 bytes of pixels for 9×16 px');
  });

  it('refuses what is no picture, and goes on', async () => {
    const file = await picture(16, 16, 1);
    const right = tokenizer.encode(file);
    await expect(tokenizer.encode(Buffer.from('no picture at all'))).rejects.toThrow();
    expect((await right).mean).toHaveLength(8 * 8 * 3);
  });
});
