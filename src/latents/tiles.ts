/**
 * Pictures of any size in overlapping tiles, so that memory depends on the tile and not on the picture. Tiles are counted in
 * cells, the unit of the latent; a result may have `scale` px per cell.
 *
 * Two neighbours are blended linearly over the middle half of their overlap. The outer quarter on either side is thrown away:
 * there a tile sees its own edge, where convolutions meet zeros that the whole picture does not have.
 */

import { UserError } from '../errors.js';

/** How a picture is cut into tiles that overlap. */
export interface Tiling {
  /** Side of a tile, in px. */
  readonly tileSize: number;
  /** Share of a tile that its neighbour sees too, in [0, 0.5]. */
  readonly tileOverlap: number;
  /** Pictures of up to so many px are not cut. Default: the model's, which is 0 save where nothing runs at full resolution. */
  readonly wholePixels?: number | undefined;
}

/** A tiling with what the model says of whole pictures, where the tiling says nothing; 0 is left out. */
export function resolveTiling(
  { wholePixels, ...tiling }: Tiling,
  model: { readonly wholePixels?: number | undefined },
): Tiling {
  const resolved = wholePixels ?? model.wholePixels ?? 0;
  return resolved === 0 ? tiling : { ...tiling, wholePixels: resolved };
}

/** A tiling in cells. */
export interface TileCells {
  /** Side of a tile. */
  readonly size: number;
  /** Cells of a side that the neighbour sees too. */
  readonly overlap: number;
  /** Grids of up to so many cells are one tile. Default: 0. */
  readonly whole?: number;
}

/** @throws UserError where `tileSize` is no whole number of cells */
export function tileCells({ tileSize, tileOverlap, wholePixels = 0 }: Tiling, pxPerCell: number): TileCells {
  const size = tileSize / pxPerCell;
  if (Number.isInteger(size)) {
    return { size, overlap: Math.round(size * tileOverlap), whole: Math.floor(wholePixels / pxPerCell ** 2) };
  }
  throw new UserError(`--tile-size: got ${tileSize} px, wanted a multiple of ${pxPerCell} px, a cell of the latent.`);
}

/** Tiles along one axis. */
export interface TileAxis {
  /** Cells in all. */
  readonly length: number;
  /** Cells of every tile; there is one tile where the whole axis fits into it. */
  readonly size: number;
  /** First cell of each tile. */
  readonly starts: readonly number[];
  /** Cells over which two neighbours are blended. */
  readonly ramp: number;
}

/** Evenly spread tiles of `size` cells that overlap by at least `overlap` cells, which is at most half of `size`. */
export function tileAxis(length: number, size: number, overlap: number): TileAxis {
  if (length <= size) return { length, size: length, starts: [0], ramp: 0 };
  const tiles = Math.ceil((length - overlap) / (size - overlap));
  const stride = (length - size) / (tiles - 1);
  const starts = Array.from({ length: tiles }, (_, tile) => Math.round(tile * stride));
  return { length, size, starts, ramp: overlap / 2 };
}

/**
 * What each position of a tile counts for, [size · scale]: 1 in its middle, falling linearly to 0 towards its neighbours. At
 * every position the weights of all tiles sum to 1, since each is the difference of two successive ramps from 0 to 1.
 */
export function tileWeights(axis: TileAxis, tile: number, scale: number): Float64Array {
  const start = (axis.starts[tile] as number) * scale;
  return Float64Array.from({ length: axis.size * scale }, (_, index) => {
    const position = start + index + 0.5;
    return risen(axis, tile - 1, position, scale) - risen(axis, tile, position, scale);
  });
}

/** How far the result has gone over from tile `seam` to the next one, in [0, 1]. */
function risen({ size, starts, ramp }: TileAxis, seam: number, position: number, scale: number): number {
  if (seam < 0) return 1;
  const next = starts[seam + 1];
  if (next === undefined) return 0;
  const beyond = position - (scale * ((starts[seam] as number) + size + next)) / 2;
  if (ramp === 0) return beyond < 0 ? 0 : 1;
  return Math.min(1, Math.max(0, beyond / (ramp * scale) + 0.5));
}

/** A tile's place, in cells. */
export interface Tile {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface TileGrid {
  readonly rows: TileAxis;
  readonly columns: TileAxis;
  /** Positions of the result per cell. */
  readonly scale: number;
  /** Of the result. */
  readonly channels: number;
}

/** Lines of a result that no further tile reaches: [lines, width, channels]. */
export interface BlendedLines {
  readonly firstLine: number;
  readonly values: Float32Array;
}

/** The tiles of `height` × `width` cells: a single one where that many are taken whole. */
export function tileGrid(
  [height, width]: readonly [number, number],
  { size, overlap, whole = 0 }: TileCells,
  { scale, channels }: Pick<TileGrid, 'scale' | 'channels'>,
): TileGrid {
  const side = height * width <= whole ? Math.max(height, width) : size;
  return { rows: tileAxis(height, side, overlap), columns: tileAxis(width, side, overlap), scale, channels };
}

/**
 * The blended results of all tiles, from top to bottom. Memory holds one row of tiles.
 *
 * @param compute a tile's result, [height · scale, width · scale, channels]
 */
export async function* blendTiles(
  grid: TileGrid,
  compute: (tile: Tile) => Promise<Float32Array>,
): AsyncGenerator<BlendedLines, void, void> {
  const { rows, columns, scale, channels } = grid;
  const lineFloats = columns.length * scale * channels;
  const lines = new Float32Array(rows.size * scale * lineFloats);
  for (const [row, top] of rows.starts.entries()) {
    const down = tileWeights(rows, row, scale);
    for (const [column, left] of columns.starts.entries()) {
      const values = await compute({ top, left, height: rows.size, width: columns.size });
      const across = tileWeights(columns, column, scale);
      addTile(lines, lineFloats, left * scale * channels, values, down, across, channels);
    }
    const finished = ((rows.starts[row + 1] ?? rows.length) - top) * scale * lineFloats;
    yield { firstLine: top * scale, values: lines.slice(0, finished) };
    lines.copyWithin(0, finished);
    lines.fill(0, lines.length - finished);
  }
}

function addTile(
  lines: Float32Array,
  lineFloats: number,
  offset: number,
  values: Float32Array,
  down: Float64Array,
  across: Float64Array,
  channels: number,
): void {
  let from = 0;
  down.forEach((lineWeight, line) => {
    let to = line * lineFloats + offset;
    for (const columnWeight of across) {
      const weight = lineWeight * columnWeight;
      for (let channel = 0; channel < channels; channel++, from++, to++) {
        // What does not count must not be multiplied by 0 either: it may be infinite.
        if (weight > 0) lines[to] = (lines[to] as number) + weight * (values[from] as number);
      }
    }
  });
}

/** The line of a picture of `length` lines that stands at `index` when it is continued by reflection, its edge not repeated. */
export function reflectedIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = index % period;
  return place < length ? place : period - place;
}
