/** Long vectors as points of a plane. */
import { TSNE } from '@keckelt/tsne';
import { Matrix } from 'ml-matrix';
import { PCA } from 'ml-pca';
import { UMAP } from 'umap-js';
import { UserError } from '../../errors.js';
import { counted } from '../../quantities.js';
import { randomStream } from '../../random.js';

/** A point of a plane. */
export type Point = readonly [x: number, y: number];

/** Long vectors as points of a plane. */
export interface Projection {
  /** One per vector; positions have no unit, only who is whose neighbour means something. */
  readonly points: readonly Point[];
  /** How many principal components it was made of. */
  readonly components: number;
}

/** Both methods look at distances alone, which this many components keep nearly unchanged at a fraction of the time. */
const mostComponents = 50;
const fewestVectors = 8;

/**
 * The first principal components of the rows of `vectors`, unscaled.
 *
 * @param vectors [count, floats]
 * @param floats numbers of each
 */
export function principalComponents(vectors: Float32Array, floats: number): Float64Array[] {
  const count = vectors.length / floats;
  if (count < fewestVectors) {
    throw new UserError(
      `A projection got ${counted(count, 'image')}, wanted at least ${fewestVectors}: pass more images.`,
    );
  }
  const rows = Matrix.zeros(count, floats);
  for (let row = 0; row < count; row++) {
    for (let at = 0; at < floats; at++) rows.set(row, at, vectors[row * floats + at]!);
  }
  const pca = new PCA(rows, { method: 'SVD', center: true, scale: false });
  const nComponents = Math.min(mostComponents, floats, count - 1);
  return pca
    .predict(rows, { nComponents })
    .to2DArray()
    .map((row) => Float64Array.from(row));
}

/** van der Maaten & Hinton 2008 look for 5 to 50 neighbours; there must be about three times as many images. */
const perplexityFor = (count: number) => Math.min(30, (count - 1) / 3);

/** t-SNE (van der Maaten & Hinton, JMLR 2008) of components: 500 steps, the first 100 exaggerated fourfold. */
export function projectTsne(components: Float64Array[], seed: number): Projection {
  const tsne = new TSNE({ perplexity: perplexityFor(components.length), epsilon: 10, dim: 2 });
  // The library draws the first positions from this method, and nothing else.
  tsne.gaussRandom = randomStream('t-SNE', seed).normal;
  tsne.initDataRaw(rowsOf(components));
  for (let step = 0; step < 500; step++) tsne.step();
  return projection(components, tsne.getSolution());
}

/** UMAP (McInnes et al., arXiv 1802.03426) of components: 15 neighbours, least distance 0.1, 350 epochs. */
export function projectUmap(components: Float64Array[], seed: number): Projection {
  const umap = new UMAP({
    nNeighbors: Math.min(15, components.length - 1),
    minDist: 0.1,
    nComponents: 2,
    nEpochs: 350,
    random: randomStream('UMAP', seed).uniform,
  });
  return projection(components, umap.fit(rowsOf(components)));
}

const rowsOf = (components: readonly Float64Array[]) => components.map((row) => [...row]);

function projection(components: Float64Array[], embedded: readonly number[][]): Projection {
  const points = embedded.map((row): Point => [row[0]!, row[1]!]);
  if (points.every((point) => point.every(Number.isFinite))) return { points, components: components[0]!.length };
  throw new Error('A projection is not finite');
}
