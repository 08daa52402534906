/** What `encode` makes of pictures: squares, whole pictures in tiles, or aspect-ratio buckets. */
import { bucketsOf } from '../../../src/data/pictures/framing/buckets.js';
import { UserError } from '../../../src/errors.js';
import type { CandidateOptions } from '../../../src/latents/writing/input/candidates.js';

interface FramingOptions {
  readonly size?: number | undefined;
  readonly tile: boolean;
  readonly tileSize: number;
  readonly tileOverlap: number;
  readonly wholePixels?: number | undefined;
  readonly buckets: boolean;
  readonly area?: string | undefined;
  readonly multiple?: number | undefined;
}

const defaultMultiple = 64;

/** @throws UserError where options exclude each other */
export function assertOneFraming({ tile, size, buckets, area, multiple }: FramingOptions): void {
  if (tile && size !== undefined) {
    throw new UserError('Got both --tile, which keeps every size, and --size, which makes all the same: drop one.');
  }
  if (buckets && (tile || size !== undefined)) {
    throw new UserError(
      `Got both --buckets and ${tile ? '--tile' : '--size'}: drop one (--area says how large buckets are).`,
    );
  }
  if (buckets || (area === undefined && multiple === undefined)) return;
  throw new UserError(`Got --${area === undefined ? 'multiple' : 'area'} without --buckets: add it, or drop that.`);
}

/** @param imageSize of the model, in px */
export function framingOf(options: FramingOptions, imageSize: number): CandidateOptions['size'] {
  const { size = imageSize, tile, tileSize, tileOverlap, wholePixels, buckets, multiple = defaultMultiple } = options;
  if (tile) return { tileSize, tileOverlap, wholePixels };
  if (!buckets) return size;
  const [width = 0, height = 0] = (options.area ?? `${imageSize}x${imageSize}`).split('x').map(Number);
  const area = width * height;
  return { area, multiple, buckets: bucketsOf({ area, multiple }) };
}
