/** What the differences say about the claim that something makes pictures blurry: a rule, applied the same way everywhere. */
import type { Interval } from '../measures/bootstrap.js';

/** Of one difference: its interval lies on the better side of zero, on the worse side, or holds zero. */
export type Finding = 'better' | 'worse' | 'undecided';

/** Of taking a cause away in one place. */
export type LinkVerdict =
  /** Sharper, and not farther from the original to the perceptual distance. */
  | 'supported'
  /** Sharper, but farther from the original: detail was made up, not kept. */
  | 'invented'
  /** The interval of the difference in sharpness holds zero. */
  | 'undecided'
  /** Less sharp. */
  | 'reversed';

/** Of a cause, from all places where it was taken away. */
export type CauseVerdict = 'supported' | 'partly supported' | 'not supported' | 'contradicted';

export function findingOf({ low, high }: Interval, better: 'higher' | 'lower'): Finding {
  if (low > 0) return better === 'higher' ? 'better' : 'worse';
  if (high < 0) return better === 'higher' ? 'worse' : 'better';
  return 'undecided';
}

/**
 * The claim foretells that without the cause pictures are sharper. Texture that is not there is sharp too, so a perceptual
 * distance that grew beyond doubt refuses the support.
 *
 * @param perceptual absent where it was not measured
 */
export function linkVerdict(sharpness: Interval, perceptual?: Interval): LinkVerdict {
  const sharper = findingOf(sharpness, 'higher');
  if (sharper === 'undecided') return 'undecided';
  if (sharper === 'worse') return 'reversed';
  return perceptual && findingOf(perceptual, 'lower') === 'worse' ? 'invented' : 'supported';
}

/** Supported only if every place says so; contradicted if none supports it and one says the opposite. */
export function causeVerdict(links: readonly LinkVerdict[]): CauseVerdict {
  const supported = links.filter((link) => link === 'supported').length;
  if (links.length > 0 && supported === links.length) return 'supported';
  if (supported > 0) return 'partly supported';
  return links.includes('reversed') ? 'contradicted' : 'not supported';
}
