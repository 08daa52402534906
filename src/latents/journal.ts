/**
 * What of an unfinished shard is encoded already, batch by batch, so that nothing is encoded twice after a crash. The payload
 * file holds each batch's tensors one after the other; the log has one line per batch with the payload's hash. A batch counts
 * once its line is whole and its hash fits.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { appendBytes, readRange } from '../files.js';
import { sha256Of, sha256Schema } from './digest.js';
import { shardStem } from './manifest.js';
import { imageRecordSchema, type LatentTensor } from './shard.js';
import { skippedSchema } from './skipped.js';

const batchSchema = z.strictObject({
  images: z.array(imageRecordSchema),
  /** Images that were met while the batch was gathered, and could not be part of it. */
  skipped: z.array(skippedSchema),
  sha256: sha256Schema,
});
type JournalBatch = z.infer<typeof batchSchema>;

export interface Journal {
  readonly batches: readonly JournalBatch[];
  /** `payload`: for each tensor in turn, the rows of `images`. */
  append(batch: Omit<JournalBatch, 'sha256'>, payload: Uint8Array): Promise<void>;
  /** The rows of one tensor, batch by batch. */
  readTensor(tensor: LatentTensor): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface JournalLayout {
  readonly tensors: readonly LatentTensor[];
  /** Of one image in one tensor. */
  readonly rowBytes: number;
}

const filesOf = (store: string, shard: number) => {
  const payload = join(store, `${shardStem(shard)}.partial`);
  return { payload, log: `${payload}.jsonl` };
};

/** Opens the journal of a shard with all batches that are whole, and cuts off what is not. */
export async function openJournal(
  store: string,
  shard: number,
  { tensors, rowBytes }: JournalLayout,
): Promise<Journal> {
  const files = filesOf(store, shard);
  const payload = await open(files.payload, 'a+');
  const log = await open(files.log, 'a+');
  const batchBytes = ({ images }: Pick<JournalBatch, 'images'>) => images.length * rowBytes * tensors.length;
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
    async *readTensor(tensor) {
      const place = tensors.indexOf(tensor);
      let batchStart = 0;
      for (const batch of batches) {
        const sizeBytes = batch.images.length * rowBytes;
        yield await readRange(payload, batchStart + place * sizeBytes, sizeBytes, files.payload);
        batchStart += batchBytes(batch);
      }
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
