/** A latent as something to look at: planes of numbers, their statistics, and their principal components as colour. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { LatentShape } from '../tokenizer/tokenizer.js';

/** The same numbers in the same order, as planes with an area: a vector becomes one plane. */
export interface LatentView {
  readonly planes: number;
  readonly height: number;
  readonly width: number;
}

/** How a latent of [Z, h, w] is shown: its planes, or a vector's numbers as one plane that is about square. */
export function viewOf({ channels, height, width }: LatentShape): LatentView {
  if (height * width > 1) return { planes: channels, height, width };
  let rows = Math.floor(Math.sqrt(channels));
  while (channels % rows !== 0) rows--;
  return { planes: 1, height: rows, width: channels / rows };
}

/** What the numbers of a plane are like. */
export interface PlaneStatistics {
  readonly mean: number;
  readonly std: number;
  readonly least: number;
  readonly greatest: number;
}

/** The statistics of each plane of a latent of [planes, height, width]. */
export function planeStatistics(values: Float32Array, { planes, height, width }: LatentView): PlaneStatistics[] {
  const area = height * width;
  return Array.from({ length: planes }, (_, plane) => {
    const own = values.subarray(plane * area, (plane + 1) * area);
    const mean = own.reduce((sum, value) => sum + value, 0) / area;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / area;
    return { mean, std: Math.sqrt(variance), least: Math.min(...own), greatest: Math.max(...own) };
  });
}

/**
 * The first three principal components of the channels as R, G and B: [height·width·3] bytes, each component spread over
 * mean ± 2 std. Fewer than three planes are shown in grey, the first one alone.
 */
export function principalColours(values: Float32Array, view: LatentView): Uint8ClampedArray<ArrayBuffer> {
  const area = view.height * view.width;
  const statistics = planeStatistics(values, view);
  const components =
    view.planes < 3 ? firstPlane(values, view, statistics) : principalComponents(values, view, statistics);
  const colours = new Uint8ClampedArray(3 * area);
  for (const [channel, { scores, std }] of components.entries()) {
    for (let at = 0; at < area; at++) colours[3 * at + channel] = 127.5 + (63.75 * (scores[at] as number)) / (std || 1);
  }
  return colours;
}

interface Component {
  /** Of every position, around 0. */
  readonly scores: Float64Array;
  readonly std: number;
}

function firstPlane(values: Float32Array, view: LatentView, statistics: readonly PlaneStatistics[]): Component[] {
  const { mean = 0, std = 1 } = statistics[0] ?? {};
  const scores = Float64Array.from(values.subarray(0, view.height * view.width), (value) => value - mean);
  return [0, 1, 2].map(() => ({ scores, std }));
}

function principalComponents(
  values: Float32Array,
  view: LatentView,
  statistics: readonly PlaneStatistics[],
): Component[] {
  const area = view.height * view.width;
  const centred = new Matrix(view.planes, area);
  for (let plane = 0; plane < view.planes; plane++) {
    const mean = statistics[plane]?.mean ?? 0;
    for (let at = 0; at < area; at++) centred.set(plane, at, (values[plane * area + at] as number) - mean);
  }
  const covariance = centred.mmul(centred.transpose()).div(area); // [Z, Z]
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, index) => index).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  return order.slice(0, 3).map((index) => {
    const direction = eigenvectorMatrix.getColumn(index);
    // Either sign is as good: the one that brightens most channels makes neighbouring pictures look alike.
    const sign = direction.reduce((sum, weight) => sum + weight, 0) < 0 ? -1 : 1;
    const scores = new Float64Array(area);
    for (const [plane, weight] of direction.entries()) {
      for (let at = 0; at < area; at++) scores[at] = scores[at]! + sign * weight * centred.get(plane, at);
    }
    return { scores, std: Math.sqrt(Math.max(0, realEigenvalues[index]!)) };
  });
}
