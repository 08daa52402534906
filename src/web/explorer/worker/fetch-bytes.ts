import { reasonOf, UserError } from '../../../errors.js';
import type { OnProgress } from '../protocol.js';

/** The content of a file, as it comes. @throws UserError where it does not come */
export async function fetchBytes(url: string, onProgress: OnProgress): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new UserError(`${nameOf(url)} does not load (${reasonOf(error)}): see whether the server still runs.`);
  });
  if (!response.ok) {
    throw new UserError(`${nameOf(url)} does not load (${response.status}): the folder misses a file, make it again.`);
  }
  const announced = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array[] = [];
  let got = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    parts.push(part.value);
    got += part.value.length;
    if (announced > 0) onProgress(Math.min(1, got / announced));
  }
  const bytes = new Uint8Array(got);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const nameOf = (url: string) => new URL(url).pathname.split('/').slice(-2).join('/');
