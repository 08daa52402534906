/** Reads a file of lines that another process may be writing. */
import { open } from 'node:fs/promises';

/** Read at a time, so that no log is ever in memory as a whole. */
const chunkBytes = 2 ** 22;

/** What came since the last time. */
export interface NewLines {
  /** Whether the file was written anew, so that what was read of it before counts no more. */
  readonly isAnew: boolean;
  /** The number of the first line, from 1. */
  readonly first: number;
  /** Whole ones: a line without its end is still being written. */
  readonly lines: readonly string[];
}

/** Where reading stands. */
export interface LineFollower {
  /** The next lines, none where all that is there was read; a file that is not there has none. */
  next(): Promise<NewLines>;
}

/** Follows the file `path`, which need not be there yet, may grow, and may be replaced by another one of its name. */
export function followLines(path: string): LineFollower {
  let identity: string | undefined;
  let position = 0;
  let count = 0;
  return {
    async next() {
      const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw error;
      });
      if (file === undefined) {
        const isAnew = identity !== undefined;
        [identity, position, count] = [undefined, 0, 0];
        return { isAnew, first: 1, lines: [] };
      }
      await using log = file;
      const { ino, birthtimeMs, size } = await log.stat();
      const found = `${ino} ${birthtimeMs}`;
      const isAnew = identity !== undefined && (found !== identity || size < position);
      if (isAnew) [position, count] = [0, 0];
      identity = found;
      const bytes = await wholeLines(log, position, size);
      const lines = bytes.toString('utf8').split('\n').slice(0, -1);
      const first = count + 1;
      position += bytes.length;
      count += lines.length;
      return { isAnew, first, lines };
    },
  };
}

/** The bytes from `position` to the last line's end within a chunk, or of one line that is longer. */
async function wholeLines(log: Awaited<ReturnType<typeof open>>, position: number, sizeBytes: number): Promise<Buffer> {
  for (let wanted = chunkBytes; ; wanted *= 2) {
    const length = Math.min(wanted, sizeBytes - position);
    const { buffer, bytesRead } = await log.read(Buffer.alloc(length), 0, length, position);
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    if (end > 0 || wanted >= sizeBytes - position) return buffer.subarray(0, end);
  }
}
