/** The two figures that say whether features are of use. */

/**
 * Share of the vectors whose most similar other vector (by cosine) has the same label: leave-one-out 1-nearest-neighbour
 * accuracy.
 *
 * @param counted which vectors are asked; all of them are candidates
 */
export function nearestNeighbourAccuracy(
  vectors: readonly Float32Array[],
  labels: readonly string[],
  counted: (index: number) => boolean = () => true,
): number {
  const units = vectors.map(unit);
  let asked = 0;
  let right = 0;
  units.forEach((vector, index) => {
    if (!counted(index)) return;
    let best = -1;
    let bestSimilarity = Number.NEGATIVE_INFINITY;
    units.forEach((other, candidate) => {
      const similarity = candidate === index ? Number.NEGATIVE_INFINITY : dot(vector, other);
      if (similarity > bestSimilarity) [best, bestSimilarity] = [candidate, similarity];
    });
    asked++;
    if (labels[best] === labels[index]) right++;
  });
  return right / asked;
}

/** Spearman's rank correlation; equal values share the mean of their ranks. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let [covariance, varianceX, varianceY] = [0, 0, 0];
  x.forEach((rank, index) => {
    const [dx, dy] = [rank - mean, (y[index] as number) - mean];
    covariance += dx * dy;
    varianceX += dx * dx;
    varianceY += dy * dy;
  });
  return covariance / Math.sqrt(varianceX * varianceY);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((i, j) => (values[i] as number) - (values[j] as number));
  const result = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (values[order[last + 1] ?? -1] === values[order[first] as number]) last++;
    for (let place = first; place <= last; place++) result[order[place] as number] = (first + last) / 2;
    first = last + 1;
  }
  return result;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
