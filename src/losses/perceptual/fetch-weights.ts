/** Getting weight files, once, and checking the ones that are there. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256OfFile } from '../../digest.js';
import { reasonOf, UserError } from '../../errors.js';
import { appendBytes, makeFolder, writeAtomically } from '../../files.js';
import type { WeightFile } from './weight-files.js';

export type WeightFileState = 'present' | 'missing' | 'damaged';

/** Whether `folder` holds the file, by its sha256. */
export async function weightFileState(file: WeightFile, folder: string): Promise<WeightFileState> {
  const path = join(folder, file.fileName);
  if (!existsSync(path)) return 'missing';
  return (await sha256OfFile(path)).startsWith(file.sha256Prefix) ? 'present' : 'damaged';
}

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

/**
 * Downloads the file into `folder`, which is made where it is missing. A download that breaks off or has other contents than
 * published leaves nothing behind.
 *
 * @returns its path
 * @throws UserError that says what to copy where when the network does not help
 */
export async function fetchWeightFile(file: WeightFile, folder: string, options: FetchOptions = {}): Promise<string> {
  const path = join(folder, file.fileName);
  const failed = (reason: string) =>
    new UserError(`Cannot fetch ${file.url}: ${reason}. Download it elsewhere and copy it to ${path}.`);
  await makeFolder(folder);
  await writeAtomically(path, async (handle) => {
    const hash = createHash('sha256');
    let bytesDone = 0;
    try {
      const response = await fetch(file.url, { signal: options.signal ?? null });
      if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
      const bytesTotal = Number(response.headers.get('content-length') ?? file.sizeMegabytes * 1e6);
      for await (const chunk of response.body) {
        hash.update(chunk);
        await appendBytes(handle, chunk);
        bytesDone += chunk.byteLength;
        options.onProgress?.(bytesDone, bytesTotal);
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw failed(causeOf(error));
    }
    const sha256 = hash.digest('hex');
    if (sha256.startsWith(file.sha256Prefix)) return;
    throw failed(`got ${bytesDone} bytes of sha256 ${sha256}, wanted ${file.sha256Prefix}`);
  });
  return path;
}

/** `fetch` says "fetch failed" and keeps the reason in its cause. */
function causeOf(error: unknown): string {
  return reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
