/** From candidates to the store: what can be read is encoded in batches, and written while the next one is computed. */
import type { SkippedImage } from '../../../data/skipped.js';
import type { EncodeProgress } from '../encode-options.js';
import type { Candidate } from '../input/candidates.js';
import type { StoreWriter } from '../store/writer.js';
import type { EncodedImages, EncodingMethod } from './encoding-method.js';

export interface CandidateSource {
  readonly total: number;
  readonly candidates: AsyncGenerator<Candidate, void, void>;
}

interface EncodeAllOptions {
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** When the run began, by `performance.now()`. */
  readonly start: number;
}

const nothing: EncodedImages = { images: [], posteriors: [], shape: [1, 1, 1] };

/**
 * Decoding, encoding and writing overlap: the next batch is decoded and this one computed while the last is written.
 *
 * @returns how many images were stored
 */
export async function encodeAll(
  { candidates, total }: CandidateSource,
  method: EncodingMethod,
  writer: StoreWriter,
  { onProgress, signal, start }: EncodeAllOptions,
): Promise<number> {
  let [encoded, done] = [0, 0];
  let writing: Promise<number> = Promise.resolve(0);
  const settle = async () => {
    const stored = await writing;
    writing = Promise.resolve(0);
    encoded += stored;
  };
  const gather = gatherer(candidates, method, writer);
  try {
    for (;;) {
      const { images, skipped } = await gather();
      if (images + skipped.length === 0) break;
      const encodedBatch = images === 0 ? nothing : await method.encode();
      await settle();
      writing = writer.append({ ...encodedBatch, skipped });
      // Awaited in `settle`; until then a failure is not an unhandled one.
      writing.catch(() => undefined);
      done += images + skipped.length;
      report();
      if (signal?.aborted) break;
    }
    await settle();
    return encoded;
  } finally {
    await candidates.return();
    await Promise.allSettled([writing]);
  }

  function report(): void {
    const imagesPerSecond = done / ((performance.now() - start) / 1000);
    const secondsLeft = (total - done) / imagesPerSecond;
    onProgress?.({ done, total, imagesPerSecond, secondsLeft });
  }
}

/** Puts candidates into the batch until it is full, the shard is, the next one is of another shape, or there are no more. */
function gatherer(candidates: AsyncGenerator<Candidate, void, void>, method: EncodingMethod, writer: StoreWriter) {
  let next: Candidate | undefined;
  return async () => {
    let [images, most, shape] = [0, 1, ''];
    const skipped: SkippedImage[] = [];
    while (images < most) {
      const candidate = next ?? (await candidates.next()).value;
      next = undefined;
      if (candidate === undefined) break;
      if (!('picture' in candidate)) {
        skipped.push(candidate);
        continue;
      }
      const latentShape = method.shapeOf(candidate.picture);
      if (images === 0) [most, shape] = [Math.min(method.batch, writer.room(latentShape)), latentShape.join()];
      if (latentShape.join() !== shape) {
        next = candidate;
        break;
      }
      method.add(candidate);
      images++;
    }
    return { images, skipped };
  };
}
