/** What a training tells whoever started it, on the way and at the end. */
import type { RunConfig } from '../config/config.js';
import type { ImageSet } from '../data/images.js';
import type { SkippedImage } from '../data/skipped.js';
import type { World } from '../mpi/world.js';
import type { LoopHooks } from './loop.js';
import type { Validation } from './validation.js';

/** Told of a training on the way. */
export interface TrainingHooks extends LoopHooks {
  /** Told of all that was found, before the training starts. */
  readonly onImages?: (images: ImageSet) => void;
  /** Told of the resolved options, and of how many images are on each side, before the first step. */
  readonly onStart?: (config: RunConfig, facts: { training: number; validation: number }) => void;
  /** The processes that train together: each calls the same function with the same arguments, and the first one writes. */
  readonly world?: World | undefined;
  /** Told, in one sentence, of what makes the training slow or fruitless. */
  readonly onWarning?: (sentence: string) => void;
}

/** What a training came to. */
export interface TrainingSummary {
  readonly run: string;
  /** Of the whole run, what came before a resume included; likewise `images` and `seconds`. */
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
  /** Absent when the run was interrupted. */
  readonly validation?: Validation;
  readonly skipped: readonly SkippedImage[];
}
