/** Images that a store does not hold yet are encoded and appended to it. */
import { labelsOf } from '../../data/images.js';
import type { SkippedImage } from '../../data/skipped.js';
import { resolveTiling } from '../tiles.js';
import type { EncodeFolderOptions } from './encode-options.js';
import { encodeAll } from './encoding/encode-all.js';
import { bucketMethod } from './encoding/encode-buckets.js';
import { squareMethod } from './encoding/encode-squares.js';
import { tileMethod } from './encoding/encode-tiles.js';
import type { EncodingMethod } from './encoding/encoding-method.js';
import { inBucketOrder } from './input/bucket-order.js';
import { preprocessingOf } from './input/candidates.js';
import { readAhead } from './input/reading.js';
import type { StoreBeginning } from './store/ledger.js';
import { openWriter } from './store/writer.js';

export interface Appended {
  /** Paths of the images that were not handled before, whether or not they could be stored. */
  readonly handled: ReadonlySet<string>;
  /** How many of them were stored. */
  readonly encoded: number;
  /** All that the store lists. */
  readonly skipped: readonly SkippedImage[];
  /** False if the run was stopped by its signal. */
  readonly complete: boolean;
}

/** Encodes those of `files` that the store does not hold, and stores them after all that are there. */
export async function appendImages(options: EncodeFolderOptions): Promise<Appended> {
  const start = performance.now();
  const { method, beginning } = howToEncode(options);
  const { imageChannels } = options.encoder;
  const writer = await openWriter(options.out, beginning);
  try {
    const missing = options.files.filter(({ relativePath }) => !writer.isDone(relativePath));
    const inputs = missing.map(({ relativePath, label = null, ...source }) => ({ path: relativePath, label, source }));
    const { size } = options;
    const isBucketed = typeof size === 'object' && 'buckets' in size;
    const ordered = isBucketed ? await inBucketOrder(inputs, size, options) : inputs;
    // Two batches ahead keep the encoder busy.
    const candidates = readAhead(ordered ?? [], { ...options, imageChannels }, 2 * method.batch);
    const encoded = await encodeAll({ total: missing.length, candidates }, method, writer, { ...options, start });
    const complete = options.signal?.aborted !== true;
    if (complete) await writer.finish();
    const handled = new Set(missing.map(({ relativePath }) => relativePath));
    return { handled, encoded, skipped: writer.skipped(), complete };
  } finally {
    await writer.close();
  }
}

/** Tiles are blended where they overlap, so that no position of theirs is a code. */
const codesOf = ({ encoder: { codes }, size }: EncodeFolderOptions) => {
  const isTiled = typeof size === 'object' && 'tileSize' in size;
  return isTiled || codes === undefined ? {} : { codes };
};

/** How images become latents, and what a store of them is begun with. */
export function howToEncode(asked: EncodeFolderOptions): { method: EncodingMethod; beginning: StoreBeginning } {
  const options = { ...asked, size: resolvedSize(asked) };
  const { files, encoder, size, dtype, mirrored, range, classes = labelsOf(files), imagesOfAllParts } = options;
  const { imageChannels } = encoder;
  // A batch larger than the folder would be filled up with grey.
  const batch = Math.max(1, Math.min(options.batch, imagesOfAllParts ?? files.length));
  const method = methodFor(options, batch);
  const beginning = {
    ...options,
    encoder: encoder.fingerprint,
    preprocessing: preprocessingOf({ size, imageChannels, range }),
    latent: {
      layout: 'NCHW',
      shape: method.shape,
      dtype,
      ...(method.buckets && { buckets: method.buckets }),
      mirrored,
      ...codesOf(options),
    },
    scaling: encoder.scaling,
    classes,
  } as const;
  return { method, beginning };
}

const resolvedSize = ({ size, encoder }: EncodeFolderOptions): EncodeFolderOptions['size'] =>
  typeof size === 'object' && 'tileSize' in size ? resolveTiling(size, encoder) : size;

function methodFor({ size, ...options }: EncodeFolderOptions, batch: number): EncodingMethod {
  if (typeof size === 'number') return squareMethod({ ...options, size, batch });
  return 'buckets' in size ? bucketMethod({ ...options, size, batch }) : tileMethod({ ...options, size });
}
