/** A trained model for one picture at a time: in a server, a script, a data loader. */
import { basename, resolve } from 'node:path';
import {
  type EngineOptions,
  engineOptionsSchema,
  imageFilterSchema,
  latentScaling,
  type ModelConfig,
  type PictureFormat,
  type Scaling,
} from '../config/config.js';
import { decodeImage } from '../data/pictures/decode.js';
import type { Picture } from '../data/pictures/framing/crop.js';
import { encodePicture } from '../data/pictures/picture-file.js';
import { type PictureInput, readablePicture } from '../data/pictures/picture-input.js';
import { toBytes, toUnitRange } from '../data/pictures/values/pixels.js';
import { selectEngine } from '../engine/select.js';
import { UserError } from '../errors.js';
import { latentDecoder, latentEncoder } from '../latents/codec.js';
import { disposeParameters } from '../nn/parameters.js';
import { openModel, type TrainedModel } from '../training/run/trained-model.js';
import { coalesce } from './coalesce.js';

/** How a tokenizer is opened. */
export interface TokenizerOptions extends Partial<EngineOptions> {
  /** Side in px of the square centre crop that a picture is resized to. Default: the size the model was made for. */
  readonly size?: number;
  /** How many requests that wait are computed together, at most. Default: 8. */
  readonly batch?: number;
  /** Larger pictures are refused by their header, before they are decoded. Default: that of every command, in px. */
  readonly maxPixels?: number;
}

/** The latent of one picture. */
export interface Latent {
  /** [h, w, Z] */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Mean of the posterior, raw and not scaled for diffusion: [h, w, Z], row-major. */
  readonly mean: Float32Array;
  /** Logarithm of the posterior's variance: [h, w, Z]. */
  readonly logvar: Float32Array;
}

/** A trained model for one picture at a time. */
export interface Tokenizer extends AsyncDisposable {
  readonly config: ModelConfig;
  /** Side in px of the pictures that are encoded. */
  readonly size: number;
  /** Diffusion sees (latent - shift) · factor; null where nobody has measured them. */
  readonly scaling: Scaling | null;
  /**
   * Upright, in sRGB, resized and cut to its central square, as `latent-vae encode` does.
   *
   * @param label class of the picture, for a model that is told of classes
   * @throws UnreadableImage with one sentence, where it is no picture that can be read
   * @throws UserError for pixels that are not of the size they claim, or an unknown class
   */
  encode(picture: PictureInput, label?: string): Promise<Latent>;
  /** The picture of a latent as 8-bit pixels: clamped to [-1, 1] and rounded. Only `mean` and `shape` are read. */
  decodePixels(latent: Pick<Latent, 'mean' | 'shape'>, label?: string): Promise<Picture>;
  /** As `decodePixels`, as the content of an image file. */
  decode(latent: Pick<Latent, 'mean' | 'shape'>, format?: PictureFormat, label?: string): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a model for pictures one by one. Requests that wait for the model are computed together.
 *
 * @param path whatever `--model` takes: a run folder, a file of another project, the name of one that comes with the package
 * @throws UserError where there is no model, or this machine cannot run the engine
 */
export async function openTokenizer(path: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const { engine, device, threads } = options;
  const chosen = engineOptionsSchema.parse({ engine, device, threads });
  const selected = await selectEngine(chosen);
  const tokenizer = createTokenizer(await openModel(path), options, chosen);
  const close = async () => {
    await tokenizer.close();
    selected.dispose();
  };
  return { ...tokenizer, close, [Symbol.asyncDispose]: close };
}

interface EncodeRequest {
  readonly pixels: Uint8Array;
  readonly source: Source;
}
interface DecodeRequest {
  readonly latent: Pick<Latent, 'mean' | 'shape'>;
  readonly source: Source;
}
interface Source {
  readonly path: string;
  readonly class: string | null;
}

/** As `openTokenizer`, of a model that is open already, on the engine in use. */
export function createTokenizer(
  { model, path, sha256 }: TrainedModel,
  { size: asked, batch: most = 8, maxPixels = imageFilterSchema.parse({}).maxPixels }: TokenizerOptions = {},
  engine?: EngineOptions,
): Tokenizer {
  const { config } = model;
  const size = asked ?? config.imageSize;
  const fingerprint = { name: basename(resolve(path)), sha256 };
  const encoder = latentEncoder(model, fingerprint, engine);
  const decoder = latentDecoder(model, fingerprint, engine);
  const channels = encoder.imageChannels;
  const pixelCount = size * size * channels;

  const encodeSoon = coalesce<EncodeRequest, Latent>(
    async (requests) => {
      const images = new Float32Array(paddedCount(requests.length) * pixelCount); // [B, size, size, C]
      for (const [index, { pixels }] of requests.entries()) toUnitRange(pixels, images, index * pixelCount);
      const sources = requests.map(({ source }) => source);
      const { mean, logvar } = await encoder.encodeBatch(images, images.length / pixelCount, size, size, sources);
      const shape = encoder.shape(size, size);
      const floats = shape[0] * shape[1] * shape[2];
      const part = (values: Float32Array, index: number) => values.slice(index * floats, (index + 1) * floats);
      return requests.map((_, index) => ({ shape, mean: part(mean, index), logvar: part(logvar, index) }));
    },
    () => '',
    most,
  );

  const decodeSoon = coalesce<DecodeRequest, Picture>(
    async (requests) => {
      const { shape } = requests[0]!.latent;
      const floats = shape[0] * shape[1] * shape[2];
      const count = paddedCount(requests.length);
      const latents = new Float32Array(count * floats); // [B, h, w, Z]
      for (const [index, { latent }] of requests.entries()) latents.set(latent.mean, index * floats);
      const sources = requests.map(({ source }) => source);
      const values = await decoder.decodeBatch(latents, [count, ...shape], sources);
      const [height, width] = decoder.imageSize(shape[0], shape[1]);
      const length = height * width * channels;
      return requests.map((_, index) => {
        return { pixels: toBytes(values.subarray(index * length, (index + 1) * length)), channels, width, height };
      });
    },
    ({ latent }) => latent.shape.join(),
    most,
  );

  async function pixelsOf(picture: PictureInput): Promise<Uint8Array> {
    if (typeof picture === 'object' && 'pixels' in picture) {
      const { width, height, channels: given, pixels } = picture;
      if (width === size && height === size && given === channels) return pixels;
    }
    const how = { size, maxPixels, imageChannels: channels, crop: { kind: 'center' }, mirror: false } as const;
    return (await decodeImage(await readablePicture(picture), how)).pixels;
  }

  const sourceOf = (label: string | undefined): Source => ({ path: 'the picture', class: label ?? null });
  const decodePixels: Tokenizer['decodePixels'] = async (latent, label) => {
    const [height, width, depth] = latent.shape;
    if (latent.mean.length !== height * width * depth) {
      throw new UserError(`Got ${latent.mean.length} floats for a latent of ${height}×${width}×${depth}.`);
    }
    return decodeSoon({ latent, source: sourceOf(label) });
  };
  const close = async () => disposeParameters(model.parameters);
  return {
    config,
    size,
    scaling: latentScaling(config),
    async encode(picture, label) {
      return encodeSoon({ pixels: await pixelsOf(picture), source: sourceOf(label) });
    },
    decodePixels,
    decode: async (latent, format = 'png', label) => encodePicture(await decodePixels(latent, label), format),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A power of two: an engine that compiles a graph for each batch size compiles few. */
const paddedCount = (count: number): number => 2 ** Math.ceil(Math.log2(count));
