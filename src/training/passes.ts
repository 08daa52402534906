/**
 * The gradients of a step: one pass for the autoencoder and one for the discriminator. Each differentiates its own loss with
 * respect to its own parameters alone, and the second sees reconstructions as finished images, so neither reaches the other.
 */
import * as tf from '@tensorflow/tfjs';
import { type Posterior, sampleLatent } from '../autoencoder/posterior.js';
import { adversarialPhase } from '../losses/adversarial.js';
import { klNats } from '../losses/kl.js';
import { objectiveValue } from '../losses/objective.js';
import { type Gradients, gradientsOf } from '../nn/gradients.js';
import type { TrainingState } from './state.js';

type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** What the images of a step, or a part of them, say; every tensor is a mean over images. */
export type Passes = {
  readonly autoencoder: NamedTensors;
  /** Empty while the discriminator does not train. */
  readonly discriminator: NamedTensors;
  /** Scalars, and vectors with one element per latent channel. */
  readonly measures: NamedTensors;
};

export type StepPart = {
  /** [B, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [B, h, w, Z] from N(0, 1). */
  readonly noise: tf.Tensor4D;
};

/** The caller disposes of all tensors. */
export function passesOver(state: TrainingState, part: StepPart, step: number): Passes {
  const { adversarial } = state.objective.config;
  const isDiscriminatorTrained = adversarial !== null && adversarialPhase(step, adversarial).discriminator;
  return tf.tidy(() => {
    const { reconstructions, ...autoencoder } = autoencoderPass(state, part, step);
    const discriminator = isDiscriminatorTrained ? discriminatorPass(state, part.images, reconstructions) : undefined;
    reconstructions.dispose();
    return {
      autoencoder: Object.fromEntries(autoencoder.gradients),
      discriminator: Object.fromEntries(discriminator?.gradients ?? []),
      measures: { ...autoencoder.measures, ...discriminator?.measures },
    };
  });
}

interface Pass {
  readonly gradients: Gradients;
  readonly measures: NamedTensors;
}

function autoencoderPass(state: TrainingState, { images, noise }: StepPart, step: number) {
  const { model, objective } = state;
  const kept: { terms: NamedTensors; channels: NamedTensors; reconstructions?: tf.Tensor4D } = {
    terms: {},
    channels: {},
  };
  const { value, gradients } = gradientsOf(() => {
    const posterior = model.encode(images);
    const reconstructions = model.decode(sampleLatent(posterior, noise));
    const input = { images, reconstructions, posterior, lastLayer: model.lastLayer, step };
    const { total, terms } = objectiveValue(objective, input);
    kept.terms = terms;
    kept.channels = channelMeasures(posterior);
    // It outlives the pass, and the tape of the pass ends with it: to the discriminator it is an image like others.
    kept.reconstructions = tf.keep(reconstructions.clone());
    return total;
  }, state.trained);
  const measures = { ...kept.terms, ...kept.channels, loss: value };
  return { gradients, measures, reconstructions: kept.reconstructions as tf.Tensor4D };
}

function discriminatorPass({ objective }: TrainingState, images: tf.Tensor4D, reconstructions: tf.Tensor4D): Pass {
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
function channelMeasures(posterior: Posterior): NamedTensors {
  if ((posterior.mean.shape[3] ?? 0) > mostChannels) return {};
  const perChannel = (elements: tf.Tensor) => tf.keep(tf.mean(elements, [0, 1, 2]));
  return {
    channelKl: perChannel(klNats(posterior)),
    channelStd: perChannel(tf.exp(tf.mul(posterior.logvar, 0.5))),
  };
}

/** The means over all parts of a step, computed part after part, so that the memory is that of one. */
export async function passesOverParts(state: TrainingState, parts: readonly StepPart[], step: number): Promise<Passes> {
  const [first, ...others] = parts.map((part) => () => passesOver(state, part, step));
  if (!first) throw new Error('A step has no images');
  let sum = first();
  for (const next of others) {
    // Reading one number makes a lazy engine compute everything up to here.
    await sum.measures.loss?.data();
    const more = next();
    const both = tf.tidy(() => combine(sum, more, (a, b) => tf.add(a, b)));
    tf.dispose([sum, more]);
    sum = both;
  }
  if (others.length === 0) return sum;
  const mean = tf.tidy(() => combine(sum, sum, (a) => tf.div(a, parts.length)));
  tf.dispose(sum);
  return mean;
}

function combine(a: Passes, b: Passes, operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Passes {
  const group = (key: keyof Passes): NamedTensors =>
    Object.fromEntries(
      Object.entries(a[key]).map(([name, tensor]) => [name, operation(tensor, b[key][name] as tf.Tensor)]),
    );
  return { autoencoder: group('autoencoder'), discriminator: group('discriminator'), measures: group('measures') };
}
