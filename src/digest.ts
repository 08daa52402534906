/** SHA-256, hexadecimal: of bytes, of files of any size, and of models. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ByteSource, openForReading } from './files.js';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'wanted a sha256 of 64 hexadecimal digits');

/** One array for the whole file: a stream's would be garbage that V8 is slow to collect. */
const bufferBytes = 2 ** 20;

export function sha256Of(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** @throws UserError where the file cannot be opened */
export async function sha256OfFile(path: string): Promise<string> {
  return sha256OfSource((await openForReading(path)).handle);
}

/** Closes the source. */
export async function sha256OfSource(source: ByteSource): Promise<string> {
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(bufferBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await source.read(buffer, 0, bufferBytes, position);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await source.close();
  }
}

/**
 * What tells a model from all others: the sha256 of its weight file; of several files, the sha256 over their sha256s as text,
 * in order and without separators.
 */
export async function fingerprintOf(paths: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const path of paths) digests.push(await sha256OfFile(path));
  const [only] = digests;
  return digests.length === 1 && only ? only : sha256Of(digests.join(''));
}
