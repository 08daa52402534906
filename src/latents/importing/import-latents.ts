/** A cache of another trainer becomes a store of latents. */
import type { ChannelsFirst } from '../../channel-axes.js';
import { type LatentDtype, ofChannel, type Scaling } from '../../config/config.js';
import { sha256Of } from '../../digest.js';
import { UserError } from '../../errors.js';
import { storageOf } from '../../storage/storage-of.js';
import type { EncoderFingerprint } from '../format/manifest.js';
import type { ImageRecord } from '../format/shards/shard.js';
import { openWriter, type PosteriorValues } from '../writing/store/writer.js';
import { type CachedLatent, openLatentCache, sha256OfValues } from './caches.js';

export interface ImportLatentsOptions {
  /** New or empty folder. */
  readonly out: string;
  /** The model that made the latents; without it, the store says that nobody knows. */
  readonly encoder?: EncoderFingerprint | undefined;
  /** Diffusion sees (latent - shift) · factor: what scaled latents are divided by. */
  readonly scalingFactor?: number | undefined;
  readonly shiftFactor?: number | undefined;
  /** Image px per cell of the latent. */
  readonly factor: number;
  readonly dtype: LatentDtype;
  readonly shardBytes: number;
}

export interface ImportLatentsSummary {
  readonly kind: string;
  readonly images: number;
  readonly shards: number;
  readonly scaling: Scaling | null;
  /** Latents that hold numbers which are not finite. */
  readonly skipped: number;
}

/** Stable Diffusion's, which DiT's own scripts multiply their latents with. */
const ditScalingFactor = 0.18215;

/** The least log-variance: a sample, or a latent without variance. */
const noVariance = -30;

/** @throws UserError where the cache is of no known layout, or damaged; what was read before stays out of the store's manifest */
export async function importLatents(path: string, options: ImportLatentsOptions): Promise<ImportLatentsSummary> {
  const { out, dtype, shardBytes } = options;
  if ((await (await storageOf(out)).namesIn(out)).length > 0)
    throw new UserError(`Got --out ${out}, which is not empty: choose another folder.`);
  const cache = await openLatentCache(path);
  const scaling = scalingOf(cache.isScaled, options);
  const first = await firstOf(cache.read());
  const isMirrored = first.mirrored !== undefined;
  const buckets = await bucketsOf(cache.read());
  const [channels, height, width] = first.shape;
  const hasOneShape = buckets.length === 1;
  const shape = hasOneShape ? [channels, height, width] : [channels, null, null];
  const bucketList = buckets.map(({ shape }) => {
    const [, h, w] = shape;
    return { width: w * options.factor, height: h * options.factor, shape: [...shape] as [number, number, number] };
  });
  const writer = await openWriter(out, {
    encoder: options.encoder ?? { sha256: sha256Of('unknown encoder'), name: `unknown (${cache.kind})` },
    preprocessing: { importedFrom: cache.kind, pxPerCell: options.factor },
    latent: {
      layout: 'NCHW',
      shape: shape as [number, number, number],
      dtype,
      ...(!hasOneShape && { buckets: bucketList }),
      mirrored: isMirrored,
    },
    scaling,
    classes: cache.classes,
    shardBytes,
    retrySkipped: false,
  });
  try {
    for await (const latent of cache.read(buckets.flatMap(({ positions }) => positions))) {
      if ((latent.mirrored !== undefined) !== isMirrored)
        throw new UserError(
          `${latent.path} has ${isMirrored ? 'no ' : ''}mirrored latents, unlike the first: import them apart.`,
        );
      if (latent.shape[0] !== first.shape[0])
        throw new UserError(
          `${latent.path} has ${latent.shape[0]} channels, wanted ${first.shape[0]} as the first has.`,
        );
      const halves = isMirrored ? [latent, latent.mirrored as CachedLatent] : [latent];
      const posteriors = halves.map((half) => posteriorOf(half, latent.shape, cache.isScaled ? scaling : null));
      await writer.append({ images: [recordOf(latent, options.factor)], skipped: [], shape: latent.shape, posteriors });
    }
    await writer.finish();
    const { images, shards, scaling: written } = writer.manifest();
    return { kind: cache.kind, images, shards: shards.length, scaling: written, skipped: writer.skipped().length };
  } finally {
    await writer.close();
  }
}

function scalingOf(isScaled: boolean, { scalingFactor, shiftFactor }: ImportLatentsOptions) {
  const factor = scalingFactor ?? (isScaled ? ditScalingFactor : undefined);
  return factor === undefined ? null : { factor, shift: shiftFactor ?? 0 };
}

async function firstOf(latents: AsyncGenerator<CachedLatent, void, void>): Promise<CachedLatent> {
  const { value } = await latents.next();
  await latents.return();
  if (value !== undefined) return value;
  throw new UserError('The cache holds no latents: see whether that is the place you meant.');
}

/** Where latents differ in size, as in sd-scripts' and OneTrainer's buckets, a shard of the store holds those of one shape. */
async function bucketsOf(latents: AsyncGenerator<CachedLatent, void, void>) {
  const buckets = new Map<string, { readonly shape: ChannelsFirst; readonly positions: number[] }>();
  let position = 0;
  for await (const { shape } of latents) {
    const bucket = buckets.get(shape.join()) ?? { shape, positions: [] };
    buckets.set(shape.join(), bucket);
    bucket.positions.push(position++);
  }
  return [...buckets.values()];
}

/** [Z, h, w] as a batch of one, [1, h, w, Z], raw. */
function posteriorOf(
  { mean, logvar }: Pick<CachedLatent, 'mean' | 'logvar'>,
  shape: ChannelsFirst,
  scaling: Scaling | null,
): PosteriorValues {
  const raw =
    scaling === null ? mean : mean.map((value, at) => unscaled(value, scaling, Math.floor(at / (shape[1] * shape[2]))));
  const least = () => new Float32Array(mean.length).fill(noVariance);
  return { mean: channelsLast(raw, shape), logvar: logvar ? channelsLast(logvar, shape) : least() };
}

const unscaled = (value: number, { shift, factor }: Scaling, channel: number) =>
  value / ofChannel(factor, channel) + ofChannel(shift, channel);

function channelsLast(values: Float32Array, [channels, height, width]: ChannelsFirst): Float32Array {
  const turned = new Float32Array(values.length);
  const area = height * width;
  for (let channel = 0; channel < channels; channel++) {
    for (let position = 0; position < area; position++) {
      turned[position * channels + channel] = values[channel * area + position] as number;
    }
  }
  return turned;
}

function recordOf({ path, class: name, shape: [, h, w], mean }: CachedLatent, factor: number): ImageRecord {
  const [height, width] = [h * factor, w * factor];
  return { path, class: name, sha256: sha256OfValues(mean), width, height, crop: { left: 0, top: 0, width, height } };
}
