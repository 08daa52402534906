/** A program's pictures become a store of latents. */
import { basename, resolve } from 'node:path';
import { assertHalf } from '../autoencoder/halves.js';
import { type EncodeOptions, encodeOptionsSchema } from '../config/config.js';
import { openPictures, type Pictures } from '../data/picture-set.js';
import { latentEncoder } from '../latents/codec.js';
import { int8ForStore } from '../latents/int8.js';
import { type EncodeProgress, type EncodeSummary, encodeFolder } from '../latents/writing/encode.js';
import { parse } from '../parse.js';
import { type ModelInput, withModel } from './with-model.js';

/** Every option of `latent-vae encode` that does not share the work between processes. */
export type EncodeImagesOptions = Partial<Omit<EncodeOptions, 'part' | 'parts' | 'workers' | 'checkSources'>>;

/** Which model encodes, where to, and how. */
export interface EncodeImagesRequest extends EncodeImagesOptions {
  /** What `--model` takes, or an open model. */
  readonly model: ModelInput;
  /** Folder of the store: new, or begun by the same model with the same options. */
  readonly out: string;
  /** Told after every batch. */
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  /** Stops after the batch in flight; the same call goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Encodes pictures into a store, as `latent-vae encode` does: new ones are appended, those whose names are in it are left alone.
 *
 * @param images a place, or pictures in any iterable, which is read to its end first; names become the paths of the store
 * @throws UserError where there are none, or `out` holds something else
 */
export async function encodeImages(images: Pictures, request: EncodeImagesRequest): Promise<EncodeSummary> {
  const { model: given, out, onProgress, signal, ...asked } = request;
  const options = parse(encodeOptionsSchema, asked, 'encodeImages');
  return withModel(given, options, async ({ model, path, sha256 }, engine) => {
    const { files, classes, damage } = await openPictures(images, { ...options, signal });
    if (damage[0] !== undefined) throw damage[0];
    const { tile, tileSize, tileOverlap, wholePixels, precision } = options;
    const size = options.size ?? model.config.imageSize;
    assertHalf(model.config, 'encoder');
    const isInt8 = precision === 'int8';
    const int8 = isInt8 ? await int8ForStore(out, { model, sha256 }, files, { ...options, size }) : undefined;
    const fingerprint = { name: basename(resolve(path)), sha256, ...(int8 && { int8 }) };
    return encodeFolder({
      ...options,
      files,
      classes,
      part: undefined,
      out,
      size: tile ? { tileSize, tileOverlap, wholePixels } : size,
      encoder: latentEncoder(model, fingerprint, engine),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  });
}
