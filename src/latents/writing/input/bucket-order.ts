/** The order in which pictures are encoded that are sorted into buckets: bucket by bucket, so that a shard holds one shape. */
import { availableParallelism } from 'node:os';
import { prefetch } from '../../../data/batches/prefetch.js';
import { readableSource } from '../../../data/input/image-file.js';
import { uprightSizeOf } from '../../../data/pictures/decode.js';
import { frameInBucket } from '../../../data/pictures/framing/buckets.js';
import { UnreadableImage } from '../../../data/skipped.js';
import type { Bucketing, CandidateInput, CandidateOptions } from './candidates.js';

/**
 * `inputs` by the positions of their buckets, in each as they were; those that cannot be read come last. Reads the header of
 * each. Undefined where the signal stopped that.
 */
export async function inBucketOrder(
  inputs: readonly CandidateInput[],
  { buckets }: Bucketing,
  { maxPixels, signal }: Pick<CandidateOptions, 'maxPixels'> & { readonly signal?: AbortSignal | undefined },
): Promise<CandidateInput[] | undefined> {
  const bucketOf = async ({ source }: CandidateInput) => {
    try {
      const { width, height } = await uprightSizeOf(await readableSource(source), { maxPixels });
      return buckets.indexOf(frameInBucket(buckets, width, height).bucket);
    } catch (error) {
      if (error instanceof UnreadableImage) return buckets.length;
      throw error;
    }
  };
  const sorted: CandidateInput[][] = Array.from({ length: buckets.length + 1 }, () => []);
  let next = 0;
  const limits = { concurrency: 2 * availableParallelism(), ahead: 64 };
  for await (const bucket of prefetch(inputs, bucketOf, limits)) {
    if (signal?.aborted) return undefined;
    sorted[bucket]?.push(inputs[next++] as CandidateInput);
  }
  return sorted.flat();
}
