/** What a store holds, in figures and in words. */
import { scalingText } from '../../config/config.js';
import { counted, formatBytes } from '../../quantities.js';
import { storageOf } from '../../storage/storage-of.js';
import { shapeText } from '../format/layout.js';
import {
  filesOfShard,
  type LatentDescription,
  type LatentScaling,
  readManifest,
  type ShardRecord,
} from '../format/manifest.js';
import { latentTensorsOf } from '../format/shards/shard.js';
import type { LatentStatistics } from '../format/statistics.js';
import { journaledImages } from '../writing/store/journal.js';
import { type LatentStore, openLatents } from './store.js';

/** What a store holds. */
export interface StoreDescription {
  /** In shards. */
  readonly images: number;
  /** Encoded, and on their way into the next shard. */
  readonly imagesUnderWay: number;
  readonly skipped: number;
  readonly shards: number;
  /** Of all shards and their indexes. */
  readonly sizeBytes: number;
  readonly complete: boolean;
  readonly encoder: { readonly name: string; readonly sha256: string };
  readonly latent: LatentDescription;
  /** How many images each bucket holds, in the order of `latent.buckets`; without buckets absent. */
  readonly bucketImages?: readonly number[];
  readonly scaling: LatentScaling | null;
  readonly statistics: LatentStatistics | null;
  readonly classes: readonly string[];
  /** Of the posteriors' means, one per channel. */
  readonly histograms: readonly Histogram[];
  /** How many images, evenly spaced, the histograms were made of. */
  readonly histogramImages: number;
}

/** How often values lie in bins of equal width. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** Of bins of equal width from min to max. */
  readonly counts: readonly number[];
}

const bins = 32;
const mostHistogramImages = 1024;

/** Reads the manifest and, for the histograms, at most 1024 images. */
export async function describeLatents(path: string): Promise<StoreDescription> {
  const manifest = await readManifest(path);
  const { shards, encoder, latent, scaling, statistics, classes, complete, images } = manifest;
  const layout = { tensors: latentTensorsOf(latent), dtype: latent.dtype };
  const imagesUnderWay = complete
    ? 0
    : await journaledImages((await storageOf(path)).workFolder(path), shards.length, layout);
  const store = await openLatents(path, { allowIncomplete: true });
  const histogramImages = Math.min(images, mostHistogramImages);
  const histograms = await histogramsOf(store, statistics, histogramImages).finally(() => store.close());
  return {
    images,
    imagesUnderWay,
    skipped: manifest.skipped.images,
    shards: shards.length,
    sizeBytes: shards.flatMap(filesOfShard).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    complete,
    encoder,
    latent,
    ...(latent.buckets && { bucketImages: imagesOfBuckets(latent.buckets, shards) }),
    scaling,
    statistics,
    classes,
    histograms,
    histogramImages,
  };
}

function imagesOfBuckets(buckets: NonNullable<LatentDescription['buckets']>, shards: readonly ShardRecord[]): number[] {
  return buckets.map((bucket) => {
    const own = shards.filter(({ shape }) => shape?.join() === bucket.shape.join());
    return own.reduce((sum, { images }) => sum + images, 0);
  });
}

/** Those that hold images, as `320×192 px (4×24×40): 12`. */
function bucketsText({ latent, bucketImages }: StoreDescription): string {
  const filled = (latent.buckets ?? []).flatMap(({ width, height, shape }, position) => {
    const images = bucketImages?.[position] ?? 0;
    return images === 0 ? [] : [`${width}×${height} px (${shape.join('×')}): ${images}`];
  });
  const empty = (latent.buckets?.length ?? 0) - filled.length;
  return filled.join(', ') + (empty > 0 ? `; ${empty} more without pictures` : '');
}

async function histogramsOf(
  store: LatentStore,
  statistics: LatentStatistics | null,
  images: number,
): Promise<Histogram[]> {
  if (statistics === null) return [];
  const histograms = statistics.min.map((min, channel) => {
    return { min, max: statistics.max[channel] as number, counts: new Array<number>(bins).fill(0) };
  });
  for (let step = 0; step < images; step++) {
    const { mean } = await store.get(Math.floor((step * store.length) / images)); // [h, w, Z]
    mean.forEach((value, index) => {
      const { min, max, counts } = histograms[index % histograms.length] as (typeof histograms)[number];
      const bin = max > min ? Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins)) : 0;
      counts[bin] = (counts[bin] as number) + 1;
    });
  }
  return histograms;
}

const eighths = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A histogram as one line; an empty bin is a space. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts.map((count) => (count === 0 ? ' ' : eighths[Math.ceil((count / most) * 8) - 1])).join('');
}

/** The lines that `latents info` prints, without a line break at the end. */
export function descriptionText(description: StoreDescription): string {
  const { images, imagesUnderWay, skipped, shards, sizeBytes, encoder, latent, scaling, classes, complete } =
    description;
  const lines = [
    `${counted(images, 'image')} in ${counted(shards, 'shard')}, ${formatBytes(sizeBytes)}` +
      `${imagesUnderWay > 0 ? `, ${imagesUnderWay} more in the shard under way` : ''}` +
      `${skipped > 0 ? `, ${skipped} skipped` : ''}${complete ? '' : ', not finished'}`,
    `latents ${shapeText(latent.shape)}, ${latent.dtype}${latent.codes ? `, made of ${latent.codes} codes` : ''}${latent.mirrored ? ', also of the mirrored images' : ''}`,
    ...(latent.buckets ? [`buckets: ${bucketsText(description)}`] : []),
    `encoder ${encoder.name}, sha256 ${encoder.sha256}`,
    classes.length > 0 ? `${counted(classes.length, 'class')}: ${some(classes)}` : 'no classes',
  ];
  if (scaling !== null) {
    const origin = scaling.source === 'model' ? 'constants of the model' : 'measured on these latents';
    lines.push(`scaled latent = ${scalingText(scaling, figure)}, ${origin}`);
  }
  return [...lines, ...channelTable(description)].join('\n');
}

function some(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
}

const figure = (value: number) => value.toPrecision(4);

/** Channels beyond these say nothing new to a person. */
const mostRows = 64;

function channelTable({ statistics, histograms, histogramImages }: StoreDescription): string[] {
  if (statistics === null) return [];
  const columns = [statistics.mean, statistics.std, statistics.posteriorStd, statistics.min, statistics.max];
  const heads = ['mean', 'std', 'noise', 'min', 'max'];
  const rows = histograms.slice(0, mostRows).map(({ counts }, channel) => {
    const figures = columns.map((column) => figure(column[channel] as number).padStart(10)).join('');
    return `${String(channel).padStart(7)}${figures}  ${sparkline(counts)}`;
  });
  const left = histograms.length - rows.length;
  return [
    `channel${heads.map((head) => head.padStart(10)).join('')}  min ${`of ${counted(histogramImages, 'image')}`.padEnd(bins - 7)}max`,
    ...rows,
    ...(left > 0 ? [`… and ${left} more channels`] : []),
  ];
}
