/** Archives of files in memory. */

import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';

type Files = Readonly<Record<string, Buffer>>;

export function tarOf(files: Files): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

/** Not compressed. */
export function zipOf(files: Files): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(content, name, { compress: false });
  archive.end();
  return buffer(archive.outputStream as Readable);
}
