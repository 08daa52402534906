/**
 * The four phases of a blocked image: the pixels of even or odd row and even or odd column, each half as high and wide. A
 * pixel's block of channels moves as a whole, which is what makes this cheap.
 */
import type { Graph } from '../../graph/graph.js';

export interface PhaseSize {
  readonly batch: number;
  readonly channels: number;
  /** Of one phase. */
  readonly height: number;
  readonly width: number;
}

/** Two things for even and odd rows, of two for even and odd columns. */
export type Phases<Item> = readonly (readonly Item[])[];

const parities = [0, 1] as const;

/** Something for every phase. */
export const eachPhase = <Item>(make: (row: 0 | 1, column: 0 | 1) => Item): Phases<Item> =>
  parities.map((row) => parities.map((column) => make(row, column)));

/** How many rows of blocks there are in one phase. */
const rowsOf = ({ target }: Graph, { batch, channels, height }: PhaseSize) =>
  batch * (channels / target.channelBlock) * height;

/** Cuts an image of twice the size of a phase apart. */
export function splitPhases(graph: Graph, image: string, size: PhaseSize): Phases<string> {
  const { batch, channels, height, width } = size;
  const apart = graph.reshape(image, [rowsOf(graph, size), 2, width, 2, graph.target.channelBlock]);
  return eachPhase((row, column) => {
    const [first, last] = [graph.int64s([row, column]), graph.int64s([row + 1, column + 1])];
    const phase = graph.node('Slice', [apart, first, last, graph.int64s([1, 3])]);
    return graph.reshape(phase, [batch, channels, height, width]);
  });
}

/** Puts an image together. */
export function joinPhases(graph: Graph, phases: Phases<string>, size: PhaseSize): string {
  const { batch, channels, height, width } = size;
  const rows = phases.map((columns) => {
    const apart = columns.map((phase) =>
      graph.reshape(phase, [rowsOf(graph, size) * width, 1, graph.target.channelBlock]),
    );
    const joined = graph.concat(apart, 1);
    return graph.reshape(joined, [rowsOf(graph, size), 1, 2 * width * graph.target.channelBlock]);
  });
  return graph.reshape(graph.concat(rows, 1), [batch, channels, 2 * height, 2 * width]);
}
