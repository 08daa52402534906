/** Pictures of any size, one at a time, in tiles; what is no whole cell is filled up by reflection. */
import type { Picture } from '../../../data/pictures/framing/crop.js';
import { assertShape } from '../../../errors.js';
import { type LatentEncoder, pxPerCellOf } from '../../model-roles.js';
import { blendTiles, reflectedIndex, type Tile, type TileGrid, type Tiling, tileCells, tileGrid } from '../../tiles.js';
import type { ReadableImage } from '../input/candidates.js';
import type { PosteriorValues } from '../store/writer.js';
import type { EncodingMethod } from './encoding-method.js';

export interface TileOptions {
  readonly encoder: LatentEncoder;
  readonly size: Tiling;
  readonly mirrored: boolean;
}

/** @throws UserError where the encoder takes one size alone, or tiles are not whole cells */
export function tileMethod({ encoder, size, mirrored }: TileOptions): EncodingMethod {
  const cellPx = pxPerCellOf(encoder);
  const cells = tileCells(size, cellPx);
  const [, , channels] = encoder.shape(cellPx, cellPx);
  let added: ReadableImage | undefined;
  const shapeOf = ({ width, height }: Picture) => {
    return [channels, Math.ceil(height / cellPx), Math.ceil(width / cellPx)] as const;
  };
  return {
    shape: [channels, null, null],
    batch: 1,
    shapeOf,
    add(image) {
      if (added) throw new Error('Got a second picture of its own size');
      added = image;
    },
    async encode() {
      if (added === undefined) throw new Error('Got no picture');
      const { picture, record } = added;
      added = undefined;
      const [, height, width] = shapeOf(picture);
      const padding = { right: width * cellPx - picture.width, bottom: height * cellPx - picture.height };
      const posteriors: PosteriorValues[] = [];
      for (const mirror of mirrored ? [false, true] : [false]) {
        const read = (tile: Tile) => cutTile(picture, tile, cellPx, mirror);
        const grid = tileGrid([height, width], cells, { scale: 1, channels: 2 * channels });
        posteriors.push(await encodeTiles(encoder, grid, cellPx, read));
      }
      return { images: [{ ...record, padding }], posteriors, shape: [channels, height, width] };
    },
  };
}

/** Mean and logvar, each [h, w, Z], blended as github.com/huggingface/diffusers blends the moments of its tiles. */
async function encodeTiles(
  encoder: LatentEncoder,
  grid: TileGrid,
  cellPx: number,
  read: (tile: Tile) => Float32Array,
): Promise<PosteriorValues> {
  const channels = grid.channels / 2;
  const lineFloats = grid.columns.length * channels;
  const mean = new Float32Array(grid.rows.length * lineFloats); // [h, w, Z]
  const logvar = new Float32Array(mean.length);
  const lines = blendTiles(grid, async (tile) => {
    const posterior = await encoder.encodeBatch(read(tile), 1, tile.height * cellPx, tile.width * cellPx);
    const wanted = tile.height * tile.width * channels;
    for (const { length } of [posterior.mean, posterior.logvar]) {
      assertShape('latents of a tile', [length], [wanted], 'the encoder does not keep to its own shape');
    }
    return interleaved(posterior, channels);
  });
  for await (const { firstLine, values } of lines) {
    for (let from = 0, to = firstLine * lineFloats; from < values.length; from += 2 * channels, to += channels) {
      mean.set(values.subarray(from, from + channels), to);
      logvar.set(values.subarray(from + channels, from + 2 * channels), to);
    }
  }
  return { mean, logvar };
}

/** Both [h, w, Z] -> [h, w, 2Z] */
function interleaved({ mean, logvar }: PosteriorValues, channels: number): Float32Array {
  const moments = new Float32Array(2 * mean.length);
  for (let from = 0; from < mean.length; from += channels) {
    moments.set(mean.subarray(from, from + channels), 2 * from);
    moments.set(logvar.subarray(from, from + channels), 2 * from + channels);
  }
  return moments;
}

/** A tile's pixels, [H, W, C] in [-1, 1]; beyond the picture's right and bottom edge, its reflection. */
function cutTile(picture: Picture, tile: Tile, pxPerCell: number, mirror: boolean): Float32Array {
  const { pixels, width, height, channels } = picture;
  const [tileHeight, tileWidth] = [tile.height * pxPerCell, tile.width * pxPerCell];
  const cut = new Float32Array(tileHeight * tileWidth * channels);
  const columns = Uint32Array.from({ length: tileWidth }, (_, index) => {
    const column = reflectedIndex(tile.left * pxPerCell + index, width);
    return channels * (mirror ? width - 1 - column : column);
  });
  let to = 0;
  for (let line = 0; line < tileHeight; line++) {
    const start = reflectedIndex(tile.top * pxPerCell + line, height) * width * channels;
    for (const column of columns) {
      for (let channel = 0; channel < channels; channel++) {
        cut[to++] = (pixels[start + column + channel] as number) / 127.5 - 1;
      }
    }
  }
  return cut;
}
