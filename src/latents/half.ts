/** What half precision costs a model's ONNX files: measured on the files themselves, by ONNX Runtime on the cpu. */
import { join } from 'node:path';
import { type Autoencoder, latentShape } from '../autoencoder/autoencoder.js';
import { hasHalf } from '../autoencoder/halves.js';
import { toChannelsFirst } from '../channel-axes.js';
import { downsamplingFactor, hasVectorLatent } from '../config/config.js';
import { toUnitRange } from '../data/pictures/values/pixels.js';
import { syntheticClasses, syntheticImage } from '../data/synthetic/picture.js';
import { type OnnxArray, type OnnxSession, openOnnxSession } from '../engine/onnx/run/onnx-session.js';
import { reasonOf, UserError } from '../errors.js';
import { decoderToOnnx, encoderToOnnx, type OnnxNetwork } from '../interop/onnx/autoencoder.js';
import { onnxNetworkOf } from '../interop/onnx/network.js';
import { normals } from '../random.js';

/** Largest difference from float32, as a share of the largest magnitude in float32. Null for a half that is not there. */
export interface HalfPrecision {
  readonly pictures: number;
  /** Side of the synthetic pictures, in px. */
  readonly size: number;
  readonly mean: number | null;
  /** Of images decoded of the same latents. */
  readonly images: number | null;
}

/** Larger pictures tell no more. */
const largestSize = 256;

/**
 * @param folder with encoder.onnx and decoder.onnx in half precision, as far as the model has them
 * @throws UserError where ONNX Runtime cannot run them, or they give numbers that are not finite
 */
export async function measureHalf(model: Autoencoder, folder: string, threads: number): Promise<HalfPrecision> {
  const { config } = model;
  const cell = downsamplingFactor(config);
  const size = hasVectorLatent(config)
    ? config.imageSize
    : Math.max(1, Math.floor(Math.min(config.imageSize, largestSize) / cell)) * cell;
  const network = await onnxNetworkOf(model);
  const pictures = syntheticClasses.length;
  const [height, width, channels] = latentShape(config, [size, size]);
  const latentDims = [pictures, channels, height, width];
  let latents: OnnxArray = {
    shape: latentDims,
    data: normals(
      latentDims.reduce((a, b) => a * b),
      'half precision',
    ),
  };
  let mean: number | null = null;
  let images: number | null = null;
  if (hasHalf(config, 'encoder')) {
    const input = { image: picturesOf(config.inChannels, size) };
    const exact = runOnce(encoderToOnnx(network), input, threads).mean as OnnxArray;
    mean = differenceOf(exact, runHalf(join(folder, 'encoder.onnx'), input, threads).mean as OnnxArray);
    latents = exact;
  }
  if (hasHalf(config, 'decoder')) {
    const input = { latent: latents };
    const exact = runOnce(decoderToOnnx(network as OnnxNetwork), input, threads).image as OnnxArray;
    images = differenceOf(exact, runHalf(join(folder, 'decoder.onnx'), input, threads).image as OnnxArray);
  }
  return { pictures, size, mean, images };
}

/** What a person is told of it. */
export function halfSentence({ pictures, size, mean, images }: HalfPrecision): string {
  const share = (value: number) => `${Number((100 * value).toPrecision(2))} % of the largest value`;
  const told = [
    ...(mean === null ? [] : [`means of latents differ by at most ${share(mean)}`]),
    ...(images === null ? [] : [`decoded images by at most ${share(images)}`]),
  ];
  const how = `${pictures} synthetic pictures of ${size}×${size} px, ONNX Runtime on the cpu`;
  return `float16: against float32, ${told.join(', ')} (${how}).`;
}

/** One of each kind, [B, C, size, size] in [-1, 1]; C beyond three repeats the colours. */
function picturesOf(channels: number, size: number): OnnxArray {
  const area = size ** 2;
  const data = new Float32Array(syntheticClasses.length * channels * area);
  for (const [index, name] of syntheticClasses.entries()) {
    const pixels = new Float32Array(3 * area);
    toUnitRange(syntheticImage(name, 0, size), pixels, 0);
    const planes = toChannelsFirst(pixels, [3, size, size]);
    for (let channel = 0; channel < channels; channel++) {
      const plane = planes.subarray((channel % 3) * area, ((channel % 3) + 1) * area);
      data.set(plane, (index * channels + channel) * area);
    }
  }
  return { shape: [syntheticClasses.length, channels, size, size], data };
}

type Inputs = Readonly<Record<string, OnnxArray>>;

function runHalf(path: string, inputs: Inputs, threads: number): Record<string, OnnxArray> {
  try {
    return runOnce(path, inputs, threads);
  } catch (error) {
    throw new UserError(`ONNX Runtime does not run this model in float16 (${reasonOf(error)}): leave out --half.`);
  }
}

function runOnce(model: Uint8Array | string, inputs: Inputs, threads: number): Record<string, OnnxArray> {
  const session: OnnxSession = openOnnxSession(model, { threads });
  try {
    return session.run(inputs);
  } finally {
    session.dispose();
  }
}

function differenceOf({ data: exact }: OnnxArray, { data: half }: OnnxArray): number {
  let [difference, largest] = [0, 0];
  exact.forEach((value, index) => {
    difference = Math.max(difference, Math.abs(value - (half[index] as number)));
    largest = Math.max(largest, Math.abs(value));
  });
  if (Number.isFinite(difference)) return difference / largest;
  throw new UserError(
    'This model has values that float16 cannot hold (beyond 65,504), so that its images would not be finite: leave out --half.',
  );
}
