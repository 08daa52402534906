/** log(mean(exp(values))) of the values from `start` to before `end`, without overflow: the largest is taken out first. */
export function logMeanExp(values: Float64Array, start = 0, end = values.length): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; at++) largest = Math.max(largest, values[at]!);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let at = start; at < end; at++) sum += Math.exp(values[at]! - largest);
  return largest + Math.log(sum / (end - start));
}

/**
 * The mean of `logMeanExp` over disjoint groups of `size` values; a rest that fills no group is left out. With log weights
 * it is an unbiased estimate of the importance-weighted bound of `size` draws (Burda et al., arXiv 1509.00519, eq. 8). By
 * Jensen's inequality it never falls when groups are put together.
 */
export function groupedLogMeanExp(values: Float64Array, size: number): number {
  const groups = Math.floor(values.length / size);
  let sum = 0;
  for (let group = 0; group < groups; group++) sum += logMeanExp(values, group * size, (group + 1) * size);
  return sum / groups;
}
