/** Autoencoders as standalone ONNX models: what is trained here runs wherever ONNX does. */
import { assertHalf } from '../../autoencoder/halves.js';
import { downsamplingFactor, hasVectorLatent, latentScaling, type ModelConfig } from '../../config/config.js';
import { onnxLatentFacts } from '../../config/networks/onnx-metadata.js';
import { encodeModel, type ModelDefinition } from '../../engine/onnx/graph/model.js';
import { writeCausalVideoDecoder, writeCausalVideoEncoder } from './causal-video-network.js';
import { writeDeepCompressionDecoder, writeDeepCompressionEncoder } from './deep-compression-network.js';
import { halveModel } from './half.js';
import { type Int8Ranges, quantizeModel } from './int8/quantize.js';
import { writeKlDecoder, writeKlEncoder } from './kl-network.js';
import { createLayerWriter, type LayerWriter, type Weights } from './layers.js';
import { writeLinearDecoder, writeLinearEncoder } from './linear-network.js';
import { writeTinyDecoder, writeTinyEncoder } from './tiny-network.js';

/** The order of axes of images and latents outside the graph. */
export type ImageLayout = 'NCHW' | 'NHWC';

export interface OnnxNetwork {
  readonly config: ModelConfig;
  readonly weights: Weights;
}

export interface GraphOptions {
  /** The default is NCHW. */
  readonly layout?: ImageLayout;
  /**
   * Of an attention, at once; more are computed in parts by a loop in the graph. Without it there is no loop, which not every
   * program that reads ONNX runs well, and the memory that attention takes grows with the square of the picture's pixels.
   */
  readonly mostScores?: number;
}

/**
 * The encoder: `image` in [-1, 1] -> `mean` and `logvar` of the posterior, logvar in [-30, 20]. Batch, height and width are
 * open; of a vector model, the batch alone.
 *
 * @param ranges of its convolutions, where they are to be computed in 8 bits
 * @returns the bytes of an ONNX file
 */
export function encoderToOnnx(network: OnnxNetwork, options: GraphOptions = {}, ranges?: Int8Ranges): Uint8Array {
  const definition = encoderDefinition(network, options);
  return encodeModel(ranges === undefined ? definition : quantizeModel(definition, ranges));
}

/** The same before it becomes bytes. */
export function encoderDefinition({ config, weights }: OnnxNetwork, options: GraphOptions = {}): ModelDefinition {
  assertHalf(config, 'encoder');
  const { layout = 'NCHW', mostScores } = options;
  const writer = createLayerWriter(partOf(weights, 'encoder', 'quant_conv', 'quantize'), mostScores);
  const image = input(writer, 'image', imageShape(config), layout);
  const moments = writeEncoder(writer, config, image);
  for (const [index, name] of ['mean', 'logvar'].entries()) {
    output(writer, name, moments[index] as string, latentShape(config), layout);
  }
  return finish(writer, metadata('encoder', config, layout));
}

/** Encoder or decoder with NCHW outside, computing in half precision; see `halveModel`. */
export function toHalfOnnx(network: OnnxNetwork, part: 'encoder' | 'decoder'): Uint8Array {
  const definition = (part === 'encoder' ? encoderDefinition : decoderDefinition)(network);
  return encodeModel(halveModel(definition, { wideProducts: network.config.latent === 'deep-compression' }));
}

/** The decoder: `latent`, as the encoder's mean and unscaled, -> `image`, nominally in [-1, 1] and not clamped. */
export function decoderToOnnx(network: OnnxNetwork, options: GraphOptions = {}): Uint8Array {
  return encodeModel(decoderDefinition(network, options));
}

function decoderDefinition({ config, weights }: OnnxNetwork, options: GraphOptions = {}): ModelDefinition {
  assertHalf(config, 'decoder');
  const { layout = 'NCHW', mostScores } = options;
  const writer = createLayerWriter(partOf(weights, 'decoder', 'post_quant_conv'), mostScores);
  const latent = input(writer, 'latent', latentShape(config), layout);
  const image = writeDecoder(writer, config, latent);
  output(writer, 'image', image, imageShape(config), layout);
  return finish(writer, metadata('decoder', config, layout));
}

function writeEncoder(writer: LayerWriter, config: ModelConfig, image: string): [string, string] {
  if (config.latent === 'tiny') return writeTinyEncoder(writer, config, image);
  if (config.latent === 'deep-compression') return writeDeepCompressionEncoder(writer, config, image);
  if (config.latent === 'causal-video') return writeCausalVideoEncoder(writer, config, image);
  return config.latent === 'linear' ? writeLinearEncoder(writer, image) : writeKlEncoder(writer, config, image);
}

function writeDecoder(writer: LayerWriter, config: ModelConfig, latent: string): string {
  if (config.latent === 'tiny') return writeTinyDecoder(writer, config, latent);
  if (config.latent === 'deep-compression') return writeDeepCompressionDecoder(writer, config, latent);
  if (config.latent === 'causal-video') return writeCausalVideoDecoder(writer, config, latent);
  return config.latent === 'linear'
    ? writeLinearDecoder(writer, config, latent)
    : writeKlDecoder(writer, config, latent);
}

function partOf(weights: Weights, ...parts: readonly string[]): Weights {
  return new Map([...weights].filter(([name]) => parts.some((part) => name.startsWith(`${part}.`))));
}

/** NCHW; a name stands for any size. */
type OpenShape = readonly [string | number, number, string | number, string | number];

function imageShape(config: ModelConfig): OpenShape {
  const { inChannels, imageSize } = config;
  return hasVectorLatent(config)
    ? ['batch', inChannels, imageSize, imageSize]
    : ['batch', inChannels, 'height', 'width'];
}

function latentShape(config: ModelConfig): OpenShape {
  if (hasVectorLatent(config)) return ['batch', config.latentFloats, 1, 1];
  return ['batch', config.latentChannels, 'latent_height', 'latent_width'];
}

const channelsLast = ([batch, channels, height, width]: OpenShape) => [batch, height, width, channels];

function input({ graph }: LayerWriter, name: string, shape: OpenShape, layout: ImageLayout): string {
  if (layout === 'NCHW') return graph.input('float32', shape, name);
  return graph.transpose(graph.input('float32', channelsLast(shape), name), [0, 3, 1, 2]);
}

function output({ graph }: LayerWriter, name: string, value: string, shape: OpenShape, layout: ImageLayout): void {
  if (layout === 'NCHW') graph.output(value, 'float32', shape, name);
  else graph.output(graph.transpose(value, [0, 2, 3, 1]), 'float32', channelsLast(shape), name);
}

/** What a user of the file must know to feed it and to use what it gives. */
function metadata(part: 'encoder' | 'decoder', config: ModelConfig, layout: ImageLayout): Record<string, string> {
  const images = { layout, channels: 'RGB', dtype: 'float32', range: [-1, 1], from_uint8: 'x / 127.5 - 1' };
  // Lists have a number for each channel.
  const scaling = { diffusion_sees: '(latent - shift) * factor', ...latentScaling(config) };
  return {
    'latent_vae.part': part,
    'latent_vae.images': JSON.stringify(images),
    'latent_vae.latent': JSON.stringify(onnxLatentFacts(config)),
    'latent_vae.downsampling_factor': `${downsamplingFactor(config)}`,
    'latent_vae.scaling': JSON.stringify(scaling),
    'latent_vae.model': JSON.stringify(config),
  };
}

function finish({ graph }: LayerWriter, metadataByKey: Readonly<Record<string, string>>): ModelDefinition {
  return {
    ...graph.finish(),
    inputs: graph.inputs,
    outputs: graph.outputs,
    metadata: metadataByKey,
  };
}
