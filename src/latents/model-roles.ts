/** A model as the store sees it, whatever it is inside. */
import type { ImageChannels, Scaling } from '../config/config.js';
import { UserError } from '../errors.js';
import type { EncoderFingerprint } from './format/manifest.js';
import type { PosteriorValues } from './writing/store/writer.js';

/** Where an image of a batch comes from: what a model that is told the class of every image goes by. */
export interface BatchSource {
  readonly path: string;
  /** Null where it has none. */
  readonly class: string | null;
}

/** A model as the store's writer sees it. */
export interface LatentEncoder {
  readonly fingerprint: EncoderFingerprint;
  /** Constants of the model, if it has any: diffusion sees (latent - shift) * factor. */
  readonly scaling: Scaling | null;
  /** C: of the images that it takes. */
  readonly imageChannels: ImageChannels;
  /** Pictures that keep their own size are encoded whole up to so many px, and in tiles beyond; absent: all in tiles. */
  readonly wholePixels?: number | undefined;
  /** K, where it answers with vectors of a codebook and tells their numbers. */
  readonly codes?: number | undefined;
  /** [h, w, Z] of the latent of an image of `height` × `width` px. */
  shape(height: number, width: number): readonly [number, number, number];
  /**
   * [B, H, W, C] in [-1, 1] -> mean and logvar, each [B, h, w, Z]. Asked with the same sizes again and again, except for
   * pictures of their own size that are smaller than a tile.
   *
   * @param sources of the first images; what follows them fills the batch up
   */
  encodeBatch(
    images: Float32Array,
    batch: number,
    height: number,
    width: number,
    sources?: readonly BatchSource[],
  ): Promise<PosteriorValues>;
}

/** A model as a store's reader sees it. */
export interface LatentDecoder {
  /** Of the model that encodes too. */
  readonly fingerprint: EncoderFingerprint;
  /** C: of the pictures that it makes. */
  readonly imageChannels: ImageChannels;
  /** As of the encoder. */
  readonly wholePixels?: number | undefined;
  /** [H, W] of the picture of a latent of [h, w]. */
  imageSize(height: number, width: number): readonly [number, number];
  /** [B, h, w, Z] -> [B, H, W, C], nominally in [-1, 1]. Asked with the same shape again and again; `sources` as above. */
  decodeBatch(
    latents: Float32Array,
    shape: readonly [number, number, number, number],
    sources?: readonly BatchSource[],
  ): Promise<Float32Array>;
}

/** How many px a cell of the latent is wide, for models that take any size. */
export function pxPerCell(decoder: LatentDecoder): number {
  return scaleOf(decoder.imageSize(1, 1)[0], decoder.imageSize(2, 2)[0]);
}

/** As `pxPerCell`, asked the other way round. */
export function pxPerCellOf(encoder: LatentEncoder): number {
  const [one, two] = [encoder.shape(1, 1)[0], encoder.shape(2, 2)[0]];
  return 1 / scaleOf(one, two);
}

function scaleOf(one: number, two: number): number {
  if (two === 2 * one) return one;
  throw new UserError('This model takes images of one size alone, so that none can keep its own: leave out --tile.');
}
