/** Many images or latents through a model, a batch at a time, as plain arrays. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../autoencoder/autoencoder.js';

/** Sixteen of 256 px: a usual batch passes at once, and larger pictures take about as much memory as it. */
const mostPixels = 2 ** 20;

/** How many of a batch of images of this size pass together: at least one, and no more the larger the batch is. */
export const imagesAtOnce = (batch: number, [height, width]: readonly [number, number]): number =>
  Math.min(batch, Math.max(1, Math.floor(mostPixels / (height * width))));

/** What is needed of a model. */
export type Coder = Pick<Autoencoder, 'encode' | 'decode'>;

export interface EncodedImages {
  /** [count, h, w, Z] */
  readonly mean: Float32Array;
  /** [count, h, w, Z] */
  readonly logvar: Float32Array;
  /** h, w, Z */
  readonly shape: readonly [number, number, number];
  /** Whether the posterior is a point: `logvar` then means nothing. */
  readonly isDeterministic: boolean;
}

export interface PassOptions {
  /** The model always sees this many at once (the last ones repeated), so that an engine compiles one graph. */
  readonly batch: number;
  /** The class of each, for a model that wants to know. */
  readonly classes?: Int32Array | undefined;
}

/** @param images [count, H, W, C] in [-1, 1] @param shape H, W, C */
export async function encodeImages(
  model: Coder,
  images: Float32Array,
  shape: readonly [number, number, number],
  options: PassOptions,
): Promise<EncodedImages> {
  let facts: Pick<EncodedImages, 'shape' | 'isDeterministic'> = { shape: [0, 0, 0], isDeterministic: false };
  const [mean, logvar] = await throughModel(images, shape, options, (input, classes) => {
    const posterior = model.encode(input, classes);
    const [, height, width, channels] = posterior.mean.shape;
    facts = { shape: [height, width, channels], isDeterministic: posterior.isDeterministic ?? false };
    return [posterior.mean, posterior.logvar];
  });
  return { mean: mean!, logvar: logvar!, ...facts };
}

/** @param latents [count, h, w, Z] @param shape h, w, Z @returns [count, H, W, C], not clamped */
export async function decodeLatents(
  model: Coder,
  latents: Float32Array,
  shape: readonly [number, number, number],
  options: PassOptions,
): Promise<Float32Array> {
  const [images] = await throughModel(latents, shape, options, (input, classes) => [model.decode(input, classes)]);
  return images!;
}

async function throughModel(
  values: Float32Array,
  shape: readonly [number, number, number],
  { batch, classes }: PassOptions,
  pass: (input: tf.Tensor4D, classes: tf.Tensor1D | undefined) => tf.Tensor[],
): Promise<Float32Array[]> {
  const floats = shape[0] * shape[1] * shape[2];
  const count = values.length / floats;
  const results: Float32Array[] = [];
  for (let start = 0; start < count; start += batch) {
    const rows = Array.from({ length: batch }, (_, row) => Math.min(start + row, count - 1));
    const input = new Float32Array(batch * floats);
    for (const [to, row] of rows.entries()) input.set(values.subarray(row * floats, (row + 1) * floats), to * floats);
    const outputs = tf.tidy(() => {
      const indices =
        classes &&
        tf.tensor1d(
          Int32Array.from(rows, (row) => classes[row]!),
          'int32',
        );
      return pass(tf.tensor4d(input, [batch, ...shape]), indices);
    });
    for (const [at, output] of outputs.entries()) {
      const data = await output.data<'float32'>();
      output.dispose();
      const outputFloats = data.length / batch;
      results[at] ??= new Float32Array(count * outputFloats);
      results[at].set(data.subarray(0, Math.min(batch, count - start) * outputFloats), start * outputFloats);
    }
  }
  return results;
}
