/** What encoding a folder is told, and what it tells. */
import type { LatentDtype } from '../../config/config.js';
import type { ImageFile } from '../../data/images.js';
import type { SkippedImage } from '../../data/skipped.js';
import type { PartDescription } from '../format/manifest.js';
import type { LatentEncoder } from '../model-roles.js';
import type { ReaderOptions } from './input/reading.js';
import type { SourceChanges } from './renewal/changes.js';

/** How a store is filled. */
export interface EncodeStoreOptions extends ReaderOptions {
  /** What makes the latents. */
  readonly encoder: LatentEncoder;
  /** Folder of the store: new, empty, or begun by the same encoder with the same options. */
  readonly out: string;
  /** Images per call of the encoder; tiles come one by one. */
  readonly batch: number;
  /** Number format of the stored latents. */
  readonly dtype: LatentDtype;
  /** Whether to store the latents of the mirrored images too. */
  readonly mirrored: boolean;
  /** Upper bound of a shard, in bytes. A store that exists keeps what it was begun with. */
  readonly shardBytes: number;
  /** Whether to try the images of skipped.jsonl again. */
  readonly retrySkipped: boolean;
  /** Told after every batch. */
  readonly onProgress?: (progress: EncodeProgress) => void;
  /** Stops after the batch in flight; the next run goes on from there. */
  readonly signal?: AbortSignal;
}

/** How far an encoding is. */
export interface EncodeProgress {
  /** Images handled, of `total` that were not handled before. */
  readonly done: number;
  readonly total: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

/** What an encoding came to. */
export interface EncodeSummary {
  /** In the store now. */
  readonly images: number;
  /** By this run, those that were renewed among them. */
  readonly encoded: number;
  readonly skipped: readonly SkippedImage[];
  readonly shards: number;
  /** Of all files of the store. */
  readonly sizeBytes: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** False if the run was stopped by its signal. */
  readonly complete: boolean;
  /** How the store differed from its images before this run; absent where nobody looked. */
  readonly changes?: SourceChanges;
  /** What was done about that; absent where nothing was. */
  readonly renewal?: Renewal;
}

/** What was brought up to date. */
export interface Renewal {
  /** Images whose latents were replaced. */
  readonly updated: number;
  /** Images that were dropped. */
  readonly pruned: number;
  /** Whether classes have other numbers than before. */
  readonly renumbered: boolean;
}

/** Which images fill a store, and how. */
export interface EncodeFolderOptions extends EncodeStoreOptions {
  /** The images, in the order of the store. */
  readonly files: readonly ImageFile[];
  /** Position is number; the sorted labels of `files` unless told otherwise. Those of a store that exists stay where they are. */
  readonly classes?: readonly string[] | undefined;
  /** What part of a larger store `out` is, whose images `files` are. */
  readonly part?: PartDescription | undefined;
  /** Whether to look for images of the store that changed or are gone, which reads all that were stored before; true unless told otherwise. */
  readonly checkSources?: boolean | undefined;
  /** Whether to encode anew what changed, as a fresh encode would. */
  readonly update?: boolean | undefined;
  /** Whether to drop what is gone. */
  readonly prune?: boolean | undefined;
  /** Of all parts together, which decide how large a batch is: an image's latent may depend on that in its last bit. */
  readonly imagesOfAllParts?: number | undefined;
}
