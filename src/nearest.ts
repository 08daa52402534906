/** What was meant by a name that was typed wrong. */
import { closest, distance } from 'fastest-levenshtein';

/** Letters that may be wrong in a name for it to be taken for another, and at most half of them. */
const mostWrong = 3;

/** The name of `names` that is meant, if one is nearly the same. */
export function nearestOf(name: string, names: readonly string[]): string | undefined {
  const nearest = closest(name, names);
  return distance(name, nearest) <= Math.min(mostWrong, name.length / 2) ? nearest : undefined;
}
