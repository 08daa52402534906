/** How long a run was trained, as its log tells. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** A line of the log is shorter, but for the figures of a validation. */
const tailBytes = 2 ** 16;

const lineSchema = z.looseObject({ step: z.number().int().min(0) });

/** The step of the last whole line of metrics.jsonl; undefined where a folder has none. */
export async function stepsTaken(run: string): Promise<number | undefined> {
  const file = await open(join(run, 'metrics.jsonl')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  await using log = file;
  const { size } = await log.stat();
  const position = Math.max(0, size - tailBytes);
  const { buffer, bytesRead } = await log.read(Buffer.alloc(size - position), 0, size - position, position);
  const [last] = buffer.subarray(0, bytesRead).toString('utf8').split('\n').slice(0, -1).reverse();
  return last === undefined ? undefined : lineSchema.parse(JSON.parse(last)).step;
}
