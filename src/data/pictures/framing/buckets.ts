/**
 * Aspect-ratio buckets: sizes of about equal area, so that pictures need not be squares and batches still have one shape. As in
 * github.com/NovelAI/novelai-aspect-ratio-bucketing, but for the area: it is the nearest one, not the largest one below.
 */
import { UserError } from '../../../errors.js';
import { centralWindow, maxAspect } from './window.js';

/** In px. */
export interface Bucket {
  readonly width: number;
  readonly height: number;
}

/** How large buckets are. */
export interface BucketOptions {
  /** That every bucket has about, in px. */
  readonly area: number;
  /** Both sides are multiples of it, in px. */
  readonly multiple: number;
}

/** Buckets are left out whose area is larger or smaller than this share of the area asked for, or its inverse. */
const mostAreaRatio = 1.25;

/**
 * For every width the height that comes nearest to the area, and the same turned, up to 4:1; from the tallest to the widest.
 *
 * @throws UserError where no multiples make about that area
 */
export function bucketsOf({ area, multiple }: BucketOptions): Bucket[] {
  const buckets = new Map<string, Bucket>();
  const add = (width: number, height: number) => {
    const ratio = (width * height) / area;
    const isOfArea = ratio <= mostAreaRatio && ratio >= 1 / mostAreaRatio;
    const isTooLong = Math.max(width, height) > maxAspect * Math.min(width, height);
    if (isOfArea && !isTooLong) buckets.set(`${width}x${height}`, { width, height });
  };
  const longest = Math.sqrt(maxAspect * mostAreaRatio * area);
  for (let side = multiple; side <= longest; side += multiple) {
    const other = multiple * Math.round(area / side / multiple);
    add(side, other);
    add(other, side);
  }
  if (buckets.size > 0) return [...buckets.values()].sort((a, b) => aspectOf(a) - aspectOf(b));
  throw new UserError(
    `No sides that are multiples of ${multiple} px make an area of about ${area} px: choose a smaller --multiple or a larger --area.`,
  );
}

const aspectOf = ({ width, height }: Bucket) => width / height;

/** How a picture is brought into its bucket. */
export interface BucketFraming {
  readonly bucket: Bucket;
  /** What of the picture is used at all: all of it, unless it is longer than 4:1. */
  readonly window: ReturnType<typeof centralWindow>;
  /** The window is resized to this size, which covers the bucket. */
  readonly width: number;
  readonly height: number;
  /** Where the bucket lies in that: in its middle. */
  readonly left: number;
  readonly top: number;
  /** Where the bucket lies in the picture, to the nearest px. */
  readonly crop: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Into the bucket whose ratio of sides is nearest to the picture's. @param originalWidth of the upright picture, in px */
export function frameInBucket(
  buckets: readonly Bucket[],
  originalWidth: number,
  originalHeight: number,
): BucketFraming {
  const window = centralWindow(originalWidth, originalHeight);
  const distance = (bucket: Bucket) => Math.abs(Math.log(aspectOf(bucket) / aspectOf(window)));
  const bucket = buckets.reduce((nearest, other) => (distance(other) < distance(nearest) ? other : nearest));
  const scale = Math.max(bucket.width / window.width, bucket.height / window.height);
  const [width, height] = [Math.round(window.width * scale), Math.round(window.height * scale)];
  const [left, top] = [Math.floor((width - bucket.width) / 2), Math.floor((height - bucket.height) / 2)];
  const crop = {
    width: Math.min(window.width, Math.round(bucket.width / scale)),
    height: Math.min(window.height, Math.round(bucket.height / scale)),
  };
  return {
    bucket,
    window,
    width,
    height,
    left,
    top,
    crop: {
      left: window.left + Math.round(left / scale),
      top: window.top + Math.round(top / scale),
      ...crop,
    },
  };
}
