/** Latents of any size become pictures, in tiles. */
import type { Picture } from '../../data/pictures/framing/crop.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { assertShape } from '../../errors.js';
import type { ImageRecord } from '../format/shards/shard.js';
import { type LatentDecoder, pxPerCell } from '../model-roles.js';
import { blendTiles, type Tile, type Tiling, tileCells, tileGrid } from '../tiles.js';

/**
 * The picture of a latent [h, w, Z], without `padding`. Besides the picture, memory holds one row of tiles.
 *
 * @throws UserError where the decoder takes one size alone, or tiles are not whole cells
 */
export async function decodeInTiles(
  decoder: LatentDecoder,
  latent: Float32Array,
  [rows, columns, channels]: readonly [number, number, number],
  tiling: Tiling,
  padding: ImageRecord['padding'] = { right: 0, bottom: 0 },
): Promise<Picture> {
  const cellPx = pxPerCell(decoder);
  const grid = tileGrid([rows, columns], tileCells(tiling, cellPx), { scale: cellPx, channels: decoder.imageChannels });
  const paddedWidth = columns * cellPx;
  const [height, width] = [rows * cellPx - padding.bottom, paddedWidth - padding.right];
  const lineBytes = width * decoder.imageChannels;
  const paddedBytes = paddedWidth * decoder.imageChannels;
  const pixels = new Uint8Array(height * lineBytes);
  for await (const { firstLine, values } of blendTiles(grid, decodeTile)) {
    const bytes = toBytes(values); // [lines, paddedWidth, C]
    const lines = Math.min(bytes.length / paddedBytes, height - firstLine);
    for (let line = 0; line < lines; line++) {
      const start = line * paddedBytes;
      pixels.set(bytes.subarray(start, start + lineBytes), (firstLine + line) * lineBytes);
    }
  }
  return { pixels, channels: decoder.imageChannels, width, height };

  async function decodeTile(tile: Tile): Promise<Float32Array> {
    const cut = cutLatent(latent, columns, channels, tile);
    const image = await decoder.decodeBatch(cut, [1, tile.height, tile.width, channels]); // [1, H, W, C]
    const wanted = tile.height * tile.width * cellPx ** 2 * decoder.imageChannels;
    assertShape('decoded tile', [image.length], [wanted], 'the decoder does not keep to its own shape');
    return image;
  }
}

/** [h, w, Z] of a tile */
function cutLatent(latent: Float32Array, columns: number, channels: number, tile: Tile): Float32Array {
  const cut = new Float32Array(tile.height * tile.width * channels);
  for (let line = 0; line < tile.height; line++) {
    const start = ((tile.top + line) * columns + tile.left) * channels;
    cut.set(latent.subarray(start, start + tile.width * channels), line * tile.width * channels);
  }
  return cut;
}
