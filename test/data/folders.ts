/** Folders of made images, gone after the test file that made them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-vae-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function write(folder: string, relativePath: string, content: Buffer | string): string {
  const path = join(folder, relativePath);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** An RGB image from a function of the pixel. */
export function drawn(width: number, height: number, colourAt: (x: number, y: number) => readonly number[]) {
  const pixels = Array.from({ length: width * height }, (_, index) =>
    colourAt(index % width, Math.floor(index / width)),
  );
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels: 3 } });
}

/** A PNG of noise that no other number makes. */
export function noisePng(number: number, width = 24, height = 16): Promise<Buffer> {
  const at = (x: number, y: number, channel: number) => ((number + 1) * 7919 + x * 131 + y * 613 + channel * 57) % 256;
  return drawn(width, height, (x, y) => [at(x, y, 0), at(x * y, x, 1), at(y, x, 2)])
    .png()
    .toBuffer();
}

/** A PNG that declares a size and holds next to nothing. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000080200000000000000', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
  return Buffer.concat([header, Buffer.from('00000000', 'hex'), Buffer.from('IDAT'), Buffer.from('35af061e', 'hex')]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
