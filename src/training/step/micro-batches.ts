/** The images of a step as tensors. */
import * as tf from '@tensorflow/tfjs-core';
import { latentShape } from '../../autoencoder/autoencoder.js';
import { classIndices } from '../../autoencoder/class-condition.js';
import type { RunConfig } from '../../config/config.js';
import type { ImageBatch } from '../../data/batches/batches.js';
import { corruptsLatents, drawCorruption } from '../../losses/regularizers/latent-corruption.js';
import { normals } from '../../random.js';
import type { Team } from '../data-parallel/team.js';
import type { MicroBatch } from './gradients.js';

/** The images of a step, or of this process' share of it, with their noise, in as many micro-batches as were asked for. */
export function splitIntoMicroBatches(
  { images, labels, files }: ImageBatch,
  { options, model, objective }: RunConfig,
  step: number,
  { rank, size: processes }: Team,
): MicroBatch[] {
  const { accumulate, size, seed, latentSamples } = options;
  const latent = latentShape(model, [size, size]);
  // Drawn for the whole step, so that it does not depend on the number of processes.
  const noise = normals(options.batch * latentSamples * tf.util.sizeFromShape(latent), 'noise', seed, step);
  const { regularizers } = objective;
  const corruption =
    regularizers && corruptsLatents(regularizers)
      ? drawCorruption(options.batch * latentSamples, latent, regularizers, seed, step)
      : undefined;
  const paths = files.map(({ relativePath }) => relativePath);
  const classes = classIndices(model, labels, paths);
  const slice = <Values extends Float32Array | Int32Array>(values: Values, part: number, parts = accumulate) => {
    const length = values.length / parts;
    return values.slice(part * length, (part + 1) * length) as Values;
  };
  const hasOwnTerms = Object.keys(objective.terms).length > 0;
  const batch = options.batch / (accumulate * processes);
  const latentPart = (values: Float32Array, part: number) =>
    tf.tensor4d(slice(values, rank * accumulate + part, processes * accumulate), [batch * latentSamples, ...latent]);
  return Array.from({ length: accumulate }, (_, part) => ({
    images: tf.tensor4d(slice(images, part), [batch, size, size, model.inChannels]),
    noise: latentPart(noise, part),
    ...(corruption && {
      corruption: { scale: latentPart(corruption.scale, part), added: latentPart(corruption.added, part) },
    }),
    ...(hasOwnTerms && { stepScalar: tf.scalar(step) }),
    ...(classes && { classes: tf.tensor1d(slice(classes, part), 'int32') }),
  }));
}
