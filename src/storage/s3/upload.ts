/** A file becomes an object, in parts where it is large: it appears at the last step, whole, or not at all. */
import PQueue from 'p-queue';
import { type Confirm, openForReading, readRange } from '../../files.js';
import type { S3Client } from './client.js';
import { putObject } from './objects.js';
import { elementsOf, parseXml, textOf } from './xml.js';

/** S3 takes no more of them. */
const mostParts = 10_000;
/** Memory holds as many parts. */
const partsAtOnce = 4;

/**
 * Uploads the file at `path`.
 *
 * @param confirm called before the object appears; when it fails, what was there stays
 */
export async function uploadFile(client: S3Client, key: string, path: string, confirm?: Confirm): Promise<void> {
  const { handle, sizeBytes } = await openForReading(path);
  try {
    const partBytes = Math.max(client.partBytes, Math.ceil(sizeBytes / mostParts));
    const read = (start: number) => readRange(handle, start, Math.min(partBytes, sizeBytes - start), path);
    if (sizeBytes > partBytes) {
      const starts = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => index * partBytes);
      await uploadParts(client, key, starts, read, confirm).catch(async (error: unknown) => {
        // The store may have put the object together and its answer may have been lost: it then knows the upload no more.
        if (!(error instanceof CompletionFailed)) throw error;
        await uploadParts(client, key, starts, read, confirm).catch((again: unknown) => {
          throw again instanceof CompletionFailed ? again.cause : again;
        });
      });
    } else {
      const bytes = await read(0);
      await confirm?.();
      await putObject(client, key, bytes);
    }
  } finally {
    await handle.close();
  }
}

class CompletionFailed extends Error {}

async function uploadParts(
  client: S3Client,
  key: string,
  starts: readonly number[],
  read: (start: number) => Promise<Uint8Array>,
  confirm?: Confirm,
): Promise<void> {
  const { body } = await client.send({ method: 'POST', key, query: { uploads: '' } });
  const uploadId = textOf(elementsOf(parseXml(body), 'InitiateMultipartUploadResult')[0], 'UploadId');
  const queue = new PQueue({ concurrency: partsAtOnce });
  try {
    const etags = await queue.addAll(
      starts.map((start, index) => async () => {
        const query = { partNumber: String(index + 1), uploadId };
        const { headers } = await client.send({ method: 'PUT', key, query, body: await read(start) });
        return headers.get('etag') ?? '';
      }),
    );
    await confirm?.();
    await complete(client, key, uploadId, etags).catch((error: unknown) => {
      throw new CompletionFailed(`${key} was not put together`, { cause: error });
    });
  } catch (error) {
    queue.clear();
    await queue.onIdle();
    // Whatever goes wrong here, the first failure is what counts. Parts that stay are for the bucket's lifecycle rule.
    await client.send({ method: 'DELETE', key, query: { uploadId }, tolerated: [404] }).catch(() => undefined);
    throw error;
  }
}

async function complete(client: S3Client, key: string, uploadId: string, etags: readonly string[]): Promise<void> {
  const parts = etags.map((etag, index) => {
    return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`;
  });
  const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
  await client.send({ method: 'POST', key, query: { uploadId }, body: Buffer.from(xml) });
}
