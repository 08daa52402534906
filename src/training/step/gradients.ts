/**
 * The gradients of a step: one pass for the autoencoder and one for the discriminator. Each differentiates its own loss with
 * respect to its own parameters alone, and the second sees reconstructions as finished images, so neither reaches the other.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  type Gaussian,
  type Posterior,
  type Quantization,
  repeatBatch,
  repeatPosterior,
  sampleLatent,
} from '../../autoencoder/posterior.js';
import { keepAll } from '../../losses/adversarial/adversary.js';
import { klNats, klNatsBetween } from '../../losses/kl.js';
import { objectiveValue } from '../../losses/objective.js';
import { termsAt } from '../../losses/schedule.js';
import { type Gradients, gradientsOf } from '../../nn/gradients.js';
import type { TrainingState } from './state.js';

type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** What the images of a step, or a part of them, say; every tensor is a mean over images. */
export type StepGradients = {
  readonly autoencoder: NamedTensors;
  /** Empty while the discriminator does not train. */
  readonly discriminator: NamedTensors;
  /** Scalars, and vectors with one element per latent channel. */
  readonly measures: NamedTensors;
  /** Of models with a codebook: one for every part. */
  readonly quantizations: Quantization[];
};

/** Makes the gradients of one process those of all that train together; disposes of what it is given. */
export type Exchange = (own: StepGradients) => Promise<StepGradients>;

export type MicroBatch = {
  /** [B, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [m·B, h, w, Z] from N(0, 1), for m draws from the posterior of every image. */
  readonly noise: tf.Tensor4D;
  /** What the decoder sees is latent · scale + added, each [m·B, h, w, Z]; the latent itself without it. */
  readonly corruption?: { readonly scale: tf.Tensor4D; readonly added: tf.Tensor4D } | undefined;
  /** int32 [B], for a model that is told the class of every image. */
  readonly classes?: tf.Tensor1D | undefined;
  /** The step's number, where a program's own terms are told of it. */
  readonly stepScalar?: tf.Scalar | undefined;
};

/** What gradients are taken of. */
type Learner = Pick<TrainingState, 'model' | 'objective' | 'trained'>;

/** The caller disposes of all tensors. */
export function computeGradients(state: Learner, part: MicroBatch, step: number): StepGradients {
  const isDiscriminatorTrained = termsAt(state.objective.config, step).players.discriminator;
  return tf.tidy(() => {
    const { reconstructions, quantization, ...autoencoder } = autoencoderPass(state, part, step);
    const discriminator = isDiscriminatorTrained ? discriminatorPass(state, part.images, reconstructions) : undefined;
    reconstructions.dispose();
    return {
      autoencoder: Object.fromEntries(autoencoder.gradients),
      discriminator: Object.fromEntries(discriminator?.gradients ?? []),
      measures: { ...autoencoder.measures, ...discriminator?.measures },
      quantizations: quantization ? [quantization] : [],
    };
  });
}

interface Pass {
  readonly gradients: Gradients;
  readonly measures: NamedTensors;
}

interface Kept {
  terms: NamedTensors;
  channels: NamedTensors;
  reconstructions?: tf.Tensor4D;
  quantization?: Quantization;
}

function autoencoderPass(state: Learner, { images, noise, classes, corruption, stepScalar }: MicroBatch, step: number) {
  const { model, objective } = state;
  const kept: Kept = { terms: {}, channels: {} };
  const samples = noise.shape[0] / images.shape[0];
  const { value, gradients } = gradientsOf(() => {
    const posterior = model.encode(images, classes);
    const latents = sampleLatent(repeatPosterior(posterior, samples), noise);
    const decode = (z: tf.Tensor4D) => model.decode(z, classes && repeatBatch(classes, samples));
    const seen = corruption ? tf.add(tf.mul(latents, corruption.scale), corruption.added) : latents;
    const reconstructions = decode(seen as tf.Tensor4D);
    const input = {
      images: repeatBatch(images, samples),
      reconstructions,
      posterior,
      prior: classes && model.prior?.(classes),
      latents,
      decode,
      lastLayer: model.lastLayer,
      step,
      stepScalar,
    };
    const { total, terms } = objectiveValue(objective, input);
    kept.terms = terms;
    kept.channels = channelMeasures(posterior, input.prior);
    // It outlives the pass, and the tape of the pass ends with it: to the discriminator it is an image like others.
    kept.reconstructions = tf.keep(reconstructions.clone());
    if (posterior.quantization) kept.quantization = keepAll(posterior.quantization);
    return total;
  }, state.trained);
  const measures = { ...kept.terms, ...kept.channels, loss: value };
  const { quantization } = kept;
  return { gradients, measures, quantization, reconstructions: kept.reconstructions as tf.Tensor4D };
}

function discriminatorPass({ objective }: Learner, images: tf.Tensor4D, reconstructions: tf.Tensor4D): Pass {
  const { adversary } = objective;
  if (!adversary) throw new Error('There is no discriminator to train');
  let measures: NamedTensors = {};
  const { gradients } = gradientsOf(() => {
    const { total, terms } = adversary.discriminatorLoss(images, reconstructions);
    measures = terms;
    return total;
  }, adversary.discriminator.parameters);
  return { gradients, measures };
}

/** A vector latent has hundreds of channels: too many for a line per step. */
const mostChannels = 64;

/** KL in nats and standard deviation of every latent channel, means over images and positions, [Z]. */
function channelMeasures(posterior: Posterior, prior: Gaussian | undefined): NamedTensors {
  if (posterior.isDeterministic || posterior.mean.shape[3] > mostChannels) return {};
  const perChannel = (elements: tf.Tensor) => tf.keep(tf.mean(elements, [0, 1, 2]));
  return {
    channelKl: perChannel(prior ? klNatsBetween(posterior, prior) : klNats(posterior)),
    channelStd: perChannel(tf.exp(tf.mul(posterior.logvar, 0.5))),
  };
}

/** The means over all parts of a step, computed part after part, so that the memory is that of one. */
export async function accumulateGradients(
  state: TrainingState,
  parts: readonly MicroBatch[],
  step: number,
): Promise<StepGradients> {
  const [first, ...others] = parts.map((part) => () => computeGradients(state, part, step));
  if (!first) throw new Error('A step has no images');
  let sum = first();
  for (const next of others) {
    await computeAll(sum);
    const more = next();
    // Before it is added: every part is the same computation then, and an engine that keeps memory for each has one to keep.
    await computeAll(more);
    const both = tf.tidy(() => combine(sum, more, (a, b) => tf.add(a, b)));
    const quantizations = [...sum.quantizations, ...more.quantizations];
    tf.dispose([sum, more].map(({ quantizations: _, ...means }) => means));
    sum = { ...both, quantizations };
  }
  if (others.length === 0) return sum;
  const mean = tf.tidy(() => combine(sum, sum, (a) => tf.div(a, parts.length)));
  const { quantizations, ...sums } = sum;
  tf.dispose(sums);
  return { ...mean, quantizations };
}

/** Reading one number makes a lazy engine compute everything up to here. */
const computeAll = ({ measures }: StepGradients) => (measures.loss as tf.Tensor).data();

type Means = Omit<StepGradients, 'quantizations'>;

function combine(a: Means, b: Means, operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Means {
  const group = (key: keyof Means): NamedTensors =>
    Object.fromEntries(
      Object.entries(a[key]).map(([name, tensor]) => [name, operation(tensor, b[key][name] as tf.Tensor)]),
    );
  return {
    autoencoder: group('autoencoder'),
    discriminator: group('discriminator'),
    measures: group('measures'),
  };
}
