/** How one set of pictures does beside the others of an evaluation. */
import type { PrecisionRecall } from '../../evaluation/generation/precision-recall.js';
import type { Interval } from '../../evaluation/measures/bootstrap.js';

/** Some pictures, compared with training pictures and with others. */
export interface GeneratedSet {
  readonly name: string;
  readonly pictures: number;
  /** Fréchet distances on built-in features. */
  readonly toTraining: Interval;
  readonly toTest: Interval;
  readonly quality: PrecisionRecall;
}

/** The set of that name, which every evaluation has. */
export function setOf(sets: readonly GeneratedSet[], name: 'samples' | 'reconstructions'): GeneratedSet {
  const set = sets.find((other) => other.name === name);
  if (set === undefined) throw new Error(`An evaluation lacks its ${name}.`);
  return set;
}
