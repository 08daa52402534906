/** About how much memory encoding pictures wants, known before the first is read. */
import { assertFits, fits, type MemoryNeed, memoryOfEncoding, needSentence } from '../autoencoder/memory.js';
import { downsamplingFactor, type EngineOptions, hasVectorLatent, type ModelConfig } from '../config/config.js';
import { runsInSession } from './model-arithmetic.js';
import { imagesAtOnce } from './session-parts.js';
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

/** Of pictures of one size, which are made ready in batches: a batch as floats, and two as bytes, decoded ahead. */
function bytesOfBatch({ config, size, batch }: EncodingPlan): number {
  const numbers = typeof size === 'number' ? batch * size ** 2 * config.inChannels : 0;
  return numbers * (4 + 2);
}

/** Of what is computed at once. */
function shapeOf({ config, size, batch, engine }: EncodingPlan): [number, number, number] {
  const factor = downsamplingFactor(config);
  if (typeof size === 'object' && 'tileSize' in size) {
    const { wholePixels = wholePixelsOf(config) } = size;
    const tile = Math.max(size.tileSize, Math.floor(Math.sqrt(wholePixels) / factor) * factor);
    return [1, tile, tile];
  }
  const side = typeof size === 'number' ? size : Math.max(1, Math.round(Math.sqrt(size.area) / factor)) * factor;
  return [runsInSession(config, engine) ? Math.min(batch, imagesAtOnce(side, side)) : batch, side, side];
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
