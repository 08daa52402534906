/** What a training tells whoever started it, on the way and at the end. */
import type { MemoryNeed } from '../autoencoder/memory.js';
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
  /** Told of the resolved options, and of what is to come, before the first step. */
  readonly onStart?: (config: RunConfig, facts: StartFacts) => void;
  /** The processes that train together: each calls the same function with the same arguments, and the first one writes. */
  readonly world?: World | undefined;
  /** Told, in one sentence, of what makes the training slow or fruitless. */
  readonly onWarning?: (sentence: string) => void;
}

/** What is known before the first step. */
export interface StartFacts {
  /** The run folder. */
  readonly run: string;
  /** Images on each side. */
  readonly training: number;
  readonly validation: number;
  /** Absent where no steps are taken: linear models are computed. */
  readonly need?: MemoryNeed & { readonly sentence: string };
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
