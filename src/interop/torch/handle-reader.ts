/** What yauzl reads an open file through. Its own readers throw where nobody can catch it for positions that no file has. */
import { RandomAccessReader } from 'yauzl';
import type { ByteSource } from '../../files.js';

type Done = (error: Error | null, bytesRead?: number) => void;

/** Reads within the file alone; whoever opened the handle closes it. */
export class HandleReader extends RandomAccessReader {
  constructor(
    private readonly handle: ByteSource,
    private readonly sizeBytes: number,
  ) {
    super();
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: Done): void {
    if (!(position >= 0 && length >= 0 && position + length <= this.sizeBytes)) {
      setImmediate(done, new Error(`it refers to the bytes from ${position} on, which are outside of the file`));
      return;
    }
    this.handle.read(buffer, offset, length, position).then(
      ({ bytesRead }) => done(null, bytesRead),
      (error: Error) => done(error),
    );
  }

  override close(done: (error: Error | null) => void): void {
    setImmediate(done, null);
  }
}
