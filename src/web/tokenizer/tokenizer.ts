/** A tokenizer from its two exported files: pictures to latents and back, where ONNX Runtime runs. */
import { toBytes } from '../../data/pictures/values/pixels.js';
import { assertShape, reasonOf, UserError } from '../../errors.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { readTokenizerFacts, type TokenizerFacts, type TokenizerPart } from './facts.js';
import type { OnnxRuntime, OnnxSession, OnnxTensor } from './onnx-runtime.js';
import { fromPlanes, toPlanes } from './planes.js';

/** Of one picture: channel after channel, each row by row. A vector has planes of 1×1. */
export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What an encoder says of a picture: a Gaussian for every number of the latent, unscaled. */
export interface EncodedPicture extends LatentShape {
  /** [Z, h, w] */
  readonly mean: Float32Array;
  /** [Z, h, w], in [-30, 20]; -30 throughout where there is no variance. */
  readonly logvar: Float32Array;
}

/** The two exported files of a tokenizer. */
export interface TokenizerFiles {
  /** Content of encoder.onnx as `latent-vae export --format onnx` writes it. */
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

/** Where it computes. */
export interface TokenizerOptions {
  /** Where ONNX Runtime computes, best first. Default: wasm in a browser, whatever it likes elsewhere. */
  readonly executionProviders?: readonly string[];
  /** What messages call the files. */
  readonly name?: string;
}

/** A tokenizer in a page. */
export interface Tokenizer {
  readonly facts: TokenizerFacts;
  /** @throws UserError for a picture of a size that the network does not take */
  encode(picture: PixelImage): Promise<EncodedPicture>;
  /** @param latents [Z, h, w], unscaled as the encoder's mean @returns clamped and rounded to 8 bits */
  decode(latents: Float32Array, shape: LatentShape): Promise<PixelImage>;
  /** Frees the memory of both networks. */
  dispose(): Promise<void>;
}

/**
 * Opens a tokenizer.
 *
 * @param ort `import * as ort from 'onnxruntime-web'`
 * @throws UserError in one sentence where the files are no tokenizer, or ONNX Runtime refuses them
 */
export async function openTokenizer(
  ort: OnnxRuntime,
  files: TokenizerFiles,
  { executionProviders, name = 'model' }: TokenizerOptions = {},
): Promise<Tokenizer> {
  const facts = readPart(files.encoder, 'encoder', name);
  const decoderFacts = readPart(files.decoder, 'decoder', name);
  assertShape(`${name}: channels of the decoder`, [decoderFacts.latent.channels], [facts.latent.channels], sameModel);
  assertShape(`${name}: channels of its images`, [facts.latent.imageChannels], [3], 'pages show RGB alone');
  const open = async (bytes: Uint8Array, part: TokenizerPart): Promise<OnnxSession> => {
    try {
      return await ort.InferenceSession.create(bytes, { ...(executionProviders && { executionProviders }) });
    } catch (error) {
      throw new UserError(`ONNX Runtime cannot open the ${part} of ${name} (${reasonOf(error).slice(0, 200)}).`);
    }
  };
  const encoder = await open(files.encoder, 'encoder');
  const decoder = await open(files.decoder, 'decoder');
  // A session runs one picture at a time, and so do two of them on one device.
  const inTurn = createTurns();
  return {
    facts,
    encode: (picture) => inTurn(() => encodePicture(ort, encoder, facts, picture)),
    decode: (latents, shape) => inTurn(() => decodeLatents(ort, decoder, decoderFacts, latents, shape)),
    dispose: () =>
      inTurn(async () => {
        await encoder.release();
        await decoder.release();
      }),
  };
}

const sameModel = 'take both files from one export';

function readPart(bytes: Uint8Array, part: TokenizerPart, name: string): TokenizerFacts {
  const facts = readTokenizerFacts(bytes, `The ${part} of ${name}`);
  if (facts.part === part) return facts;
  throw new UserError(`${name}: got the file of a ${facts.part} where the ${part}'s was wanted: swap the two.`);
}

async function encodePicture(
  ort: OnnxRuntime,
  session: OnnxSession,
  { latent, layout }: TokenizerFacts,
  { pixels, width, height }: PixelImage,
): Promise<EncodedPicture> {
  const side = latent.imageSize ?? -1;
  assertShape('picture', [height, width], [side, side], 'resize it to the size the model was made for');
  const multiple = latent.sizeMultiple;
  if (height % multiple !== 0 || width % multiple !== 0) {
    throw new UserError(`picture: got ${width}×${height} px, wanted multiples of ${multiple}: resize or crop it.`);
  }
  const planes = toPlanes(pixels, width * height);
  const outputs = await run(ort, session, { image: { data: planes, dims: [3, height, width] } }, layout);
  const { mean, logvar } = outputs;
  if (!mean || !logvar) throw new UserError('encoder: the file has no outputs named mean and logvar: export it again.');
  const [channels = 0, latentHeight = 0, latentWidth = 0] = mean.dims;
  return { mean: mean.data, logvar: logvar.data, channels, height: latentHeight, width: latentWidth };
}

async function decodeLatents(
  ort: OnnxRuntime,
  session: OnnxSession,
  { latent, layout }: TokenizerFacts,
  latents: Float32Array,
  { channels, height, width }: LatentShape,
): Promise<PixelImage> {
  const side = latent.kind === 'vector' ? 1 : -1;
  const wanted = [latent.channels, side, side];
  assertShape('latent (channels × height × width)', [channels, height, width], wanted, 'use the model that encoded it');
  assertShape('values of the latent', [latents.length], [channels * height * width], 'pass all channels');
  const { image } = await run(ort, session, { latent: { data: latents, dims: [channels, height, width] } }, layout);
  if (!image) throw new UserError('decoder: the file has no output named image: export it again.');
  const [, imageHeight = 0, imageWidth = 0] = image.dims;
  const pixels = toBytes(fromPlanes(image.data, imageHeight * imageWidth));
  return { pixels, width: imageWidth, height: imageHeight };
}

/** [C, H, W] */
interface Planes {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

async function run(
  ort: OnnxRuntime,
  session: OnnxSession,
  inputs: Readonly<Record<string, Planes>>,
  layout: TokenizerFacts['layout'],
): Promise<Readonly<Record<string, Planes>>> {
  if (layout !== 'NCHW') throw new UserError(`Got files of layout ${layout}, wanted NCHW: export them again.`);
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) => {
    return [name, new ort.Tensor('float32', data, [1, ...dims])] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  const results = Object.entries(outputs).map(([name, tensor]) => {
    const [, ...dims] = tensor.dims;
    const data = (tensor.data as Float32Array).slice();
    disposeTensor(tensor);
    return [name, { data, dims }] as const;
  });
  return Object.fromEntries(results);
}

function disposeTensor(tensor: OnnxTensor): void {
  tensor.dispose?.();
}

/** Runs what it is given one after the other; a failure does not stop those that wait. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}
