/** About how much memory encoding pictures wants, known before the first is read. */
import { latentShape } from '../autoencoder/autoencoder.js';
import { assertFits, fits, type MemoryNeed, memoryOfEncoding, needSentence } from '../autoencoder/memory.js';
import { downsamplingFactor, type EngineOptions, hasVectorLatent, type ModelConfig } from '../config/config.js';
import { sizeOf } from './format/layout.js';
import { runsInSession } from './model-arithmetic.js';
import { imagesAtOnce } from './session-parts.js';
import type { Tiling } from './tiles.js';
import type { CandidateOptions } from './writing/input/candidates.js';

/**
 * Up to how many px pictures of their own size go through a model whole, where nobody says: 2 MiB of px where a stem lets nothing
 * run at full resolution, which want about 200 MB then; 0, always tiles, elsewhere.
 */
export const wholePixelsOf = (config: ModelConfig): number =>
  config.latent === 'spatial' && config.stem !== undefined ? 2 * 2 ** 20 : 0;

export interface EncodingPlan {
  readonly config: ModelConfig;
  /** See `CandidateOptions`. */
  readonly size: CandidateOptions['size'];
  readonly batch: number;
  /** Whether the mirrored images are encoded too. */
  readonly mirrored?: boolean;
  readonly engine: EngineOptions;
}

/** @throws UserError where this machine has less, naming what would fit */
export function memoryOfPictures(plan: EncodingPlan): MemoryNeed & { readonly sentence: string } {
  const { size } = plan;
  const need = needOf(plan);
  const [images, , width] = shapeOf(plan);
  const what = typeof size === 'object' && 'tileSize' in size ? 'tile' : 'picture';
  const purpose = `encoding ${images === 1 ? `a ${what}` : `${images} ${what}s`} of ${width} px at once`;
  assertFits(need, purpose, remedies(plan));
  return { ...need, sentence: needSentence(need, purpose) };
}

function needOf(plan: EncodingPlan): MemoryNeed {
  const computed = memoryOfEncoding(plan.config, shapeOf(plan));
  return { ...computed, bytes: computed.bytes + bytesOfBatch(plan) };
}

/** How many times the bytes of a batch there are: those decoded ahead, and what of them Node has not taken back yet. */
const copiesOfPictures = 4;

/** How many times the latents of a batch there are: of its parts, joined, as they are stored, and not taken back yet. */
const copiesOfLatents = 4;

/** Of pictures that are encoded in batches, beside what is computed at once: their numbers as floats and as bytes, and their latents. */
function bytesOfBatch({ config, size, batch, mirrored = false }: EncodingPlan): number {
  if (typeof size === 'object' && 'tileSize' in size) return 0;
  const side = sideOf(size, config);
  const kinds = mirrored ? 2 : 1;
  const numbers = side ** 2 * config.inChannels;
  const latentNumbers = 2 * sizeOf(latentShape(config, [side, side])); // mean and variance
  return batch * (numbers * (4 * kinds + copiesOfPictures) + 4 * kinds * copiesOfLatents * latentNumbers);
}

/** Of what is computed at once. */
function shapeOf({ config, size, batch, engine }: EncodingPlan): [number, number, number] {
  if (typeof size === 'object' && 'tileSize' in size) {
    const factor = downsamplingFactor(config);
    const { wholePixels = wholePixelsOf(config) } = size;
    const tile = Math.max(size.tileSize, Math.floor(Math.sqrt(wholePixels) / factor) * factor);
    return [1, tile, tile];
  }
  const side = sideOf(size, config);
  return [runsInSession(config, engine) ? Math.min(batch, imagesAtOnce(side, side)) : batch, side, side];
}

/** Of a square as large as the pictures. */
function sideOf(size: Exclude<EncodingPlan['size'], Tiling>, config: ModelConfig): number {
  const factor = downsamplingFactor(config);
  return typeof size === 'number' ? size : Math.max(1, Math.round(Math.sqrt(size.area) / factor)) * factor;
}

function* remedies(plan: EncodingPlan) {
  const { config, size } = plan;
  const isTiled = typeof size === 'object' && 'tileSize' in size;
  for (let batch = Math.floor(plan.batch / 2); batch >= 1 && !isTiled; batch = Math.floor(batch / 2)) {
    yield [`--batch ${batch}`, () => fits(needOf({ ...plan, batch }))] as const;
  }
  if (hasVectorLatent(config)) return;
  const [, side] = shapeOf(plan);
  const factor = downsamplingFactor(config);
  for (const smaller of [1024, 512, 256].filter((px) => px < side && px % factor === 0)) {
    const tiles = `--tile-size ${smaller}${wholePixelsOf(config) === 0 ? '' : ' and --whole-pixels 0'}`;
    const flags = typeof size === 'number' ? `--size ${smaller}, or --tile and ${tiles}` : tiles;
    const smallerSize = typeof size === 'number' ? smaller : { ...size, tileSize: smaller, wholePixels: 0 };
    yield [flags, () => fits(needOf({ ...plan, size: smallerSize }))] as const;
  }
}
