/** What may be typed so that a training takes less memory: only what the training would then begin with. */
import { classesOf, type RunConfig, resolveRunConfig } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { smallestSideOf } from '../../losses/open-objective.js';

/** What may be typed, and what it makes of a configuration. */
export type Change = readonly [flags: string, config: RunConfig];

/**
 * First what computes the same numbers, or nearly.
 *
 * @param processes that share the images of a step
 */
export function* inLessMemory(config: RunConfig, processes: number): Generator<Change> {
  const { options } = config;
  let [flags, least]: [string[], RunConfig['options']] = [[], options];
  for (const more of [2, 4, 8, 16]) {
    const accumulate = options.accumulate * more;
    if (options.batch % (accumulate * processes) !== 0) continue;
    [flags, least] = [[`--accumulate ${accumulate}`], { ...options, accumulate }];
    yield [flags.join(), { ...config, options: least }];
  }
  if (!options.gradientCheckpointing) {
    const checkpointed = { ...config, options: { ...least, gradientCheckpointing: true } };
    yield [[...flags, '--gradient-checkpointing'].join(' '), checkpointed];
  }
  yield* smallerPictures(config);
}

/** Of a side that can be halved often, which makes the dense layers of a vector's network narrow. */
const sides = [1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32, 24];

export function* smallerPictures(config: RunConfig): Generator<Change> {
  const { options, objective } = config;
  if (config.isOwnNetwork || options.from !== undefined) return;
  for (const size of sides) {
    if (size >= options.size || size < smallestSideOf(objective)) continue;
    const model = modelFor(config, size);
    if (model) yield [`--size ${size}`, { ...config, model, options: { ...options, size } }];
  }
}

/** Undefined where network or objective refuse pictures of such a size. */
function modelFor({ options, model, objective }: RunConfig, size: number): RunConfig['model'] | undefined {
  try {
    return resolveRunConfig('', { ...options, size }, { classes: classesOf(model), objective }).model;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
