/**
 * What of an unfinished shard is encoded already, batch by batch, so that nothing is encoded twice after a crash. The payload
 * file holds each batch's tensors one after the other; the log has one line per batch with the payload's hash. A batch counts
 * once its line is whole and its hash fits.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LatentDtype } from '../../../config/config.js';
import { sha256Of, sha256Schema } from '../../../digest.js';
import { UserError } from '../../../errors.js';
import { appendBytes, readInto, readRange } from '../../../files.js';
import { shardStem } from '../../format/manifest.js';
import { rowBytesOf } from '../../format/shards/packing.js';
import { type LatentTensor, storedImageSchema } from '../../format/shards/shard.js';
import type { ShardPart } from '../../format/shards/write-shard.js';
import { skippedSchema } from '../../format/skipped.js';

const positiveInteger = z.number().int().positive();

const batchSchema = z.strictObject({
  images: z.array(storedImageSchema),
  /** Images that were met while the batch was gathered, and could not be part of it. */
  skipped: z.array(skippedSchema),
  /** [Z, h, w] of each image. */
  shape: z.tuple([positiveInteger, positiveInteger, positiveInteger]),
  sha256: sha256Schema,
});
type JournalBatch = z.infer<typeof batchSchema>;

export interface Journal {
  readonly batches: readonly JournalBatch[];
  /** `payload`: for each tensor in turn, the rows of `images`. */
  append(batch: Omit<JournalBatch, 'sha256'>, payload: Uint8Array): Promise<void>;
  /** Of all batches. */
  sizeBytes(): number;
  /** @throws UserError where the payload is no longer what was appended: somebody else wrote into it */
  assertIntact(): Promise<void>;
  /** What a shard is made of: the batches, in their order. */
  parts(): ShardPart[];
  close(): Promise<void>;
}

export interface JournalLayout {
  readonly tensors: readonly LatentTensor[];
  readonly dtype: LatentDtype;
}

const filesOf = (store: string, shard: number) => {
  const payload = join(store, `${shardStem(shard)}.partial`);
  return { payload, log: `${payload}.jsonl` };
};

/** How many images the journal of a shard holds, which whoever writes it may go on filling meanwhile; none without a journal. */
export async function journaledImages(
  store: string,
  shard: number,
  { tensors, dtype }: JournalLayout,
): Promise<number> {
  const files = filesOf(store, shard);
  const log = await open(files.log).catch(() => undefined);
  if (log === undefined) return 0;
  try {
    const payload = await open(files.payload).catch(() => undefined);
    if (payload === undefined) return 0;
    const batchBytes = ({ images, shape }: JournalBatch) =>
      tensors.length * images.length * rowBytesOf({ shape, dtype });
    const { batches } = await readBatches(log, payload, files.payload, batchBytes).finally(() => payload.close());
    return batches.reduce((sum, { images }) => sum + images.length, 0);
  } finally {
    await log.close();
  }
}

/** Opens the journal of a shard with all batches that are whole, and cuts off what is not. */
export async function openJournal(store: string, shard: number, { tensors, dtype }: JournalLayout): Promise<Journal> {
  const files = filesOf(store, shard);
  const payload = await open(files.payload, 'a+');
  const log = await open(files.log, 'a+');
  const tensorBytes = ({ images, shape }: JournalBatch) => images.length * rowBytesOf({ shape, dtype });
  const batchBytes = (batch: JournalBatch) => tensors.length * tensorBytes(batch);
  const { batches, logBytes, payloadBytes } = await readBatches(log, payload, files.payload, batchBytes);
  await log.truncate(logBytes);
  await payload.truncate(payloadBytes);
  return {
    batches,
    async append(batch, bytes) {
      const whole = { ...batch, sha256: sha256Of(bytes) };
      await appendBytes(payload, bytes);
      await appendBytes(log, Buffer.from(`${JSON.stringify(whole)}\n`));
      batches.push(whole);
    },
    sizeBytes: () => batches.reduce((sum, batch) => sum + batchBytes(batch), 0),
    async assertIntact() {
      let start = 0;
      for (const batch of batches) {
        const bytes = await readRange(payload, start, batchBytes(batch), files.payload);
        if (sha256Of(bytes) !== batch.sha256) {
          throw new UserError(
            `${files.payload} was changed by another process: what it holds from byte ${start} on is dropped, ` +
              'run the command again to encode it anew.',
          );
        }
        start += bytes.length;
      }
    },
    parts() {
      let end = 0;
      // One array for all reads: one for each would be garbage as large as the shard.
      const buffer = new Uint8Array(Math.max(0, ...batches.map(tensorBytes)));
      return batches.map((batch) => {
        const [start, sizeBytes] = [end, tensorBytes(batch)];
        end += batchBytes(batch);
        const read = async (tensor: LatentTensor) => {
          const rows = buffer.subarray(0, sizeBytes);
          await readInto(payload, rows, start + tensors.indexOf(tensor) * sizeBytes, files.payload);
          return rows;
        };
        return { images: batch.images, shape: batch.shape, read };
      });
    },
    async close() {
      await payload.close();
      await log.close();
    },
  };
}

/** Forgets the journal of a shard, if there is one. */
export async function removeJournal(store: string, shard: number): Promise<void> {
  const { payload, log } = filesOf(store, shard);
  // Without its log a payload is nothing, so the log goes first.
  await rm(log, { force: true });
  await rm(payload, { force: true });
}

async function readBatches(
  log: FileHandle,
  payload: FileHandle,
  payloadPath: string,
  batchBytes: (batch: JournalBatch) => number,
) {
  const { size: availableBytes } = await payload.stat();
  const text = new TextDecoder().decode(await readRange(log, 0, (await log.stat()).size, payloadPath));
  const batches: JournalBatch[] = [];
  let logBytes = 0;
  let payloadBytes = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    const batch = parseLine(line);
    if (batch === undefined || payloadBytes + batchBytes(batch) > availableBytes) break;
    const bytes = await readRange(payload, payloadBytes, batchBytes(batch), payloadPath);
    if (sha256Of(bytes) !== batch.sha256) break;
    batches.push(batch);
    logBytes += Buffer.byteLength(line) + 1;
    payloadBytes += bytes.length;
  }
  return { batches, logBytes, payloadBytes };
}

/** A batch, or undefined for a line that a crash left half written. */
function parseLine(line: string): JournalBatch | undefined {
  try {
    return batchSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
