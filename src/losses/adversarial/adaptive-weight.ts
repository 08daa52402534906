/** The adversarial term balanced against the reconstruction terms by their gradients at the decoder's last layer. */
import * as tf from '@tensorflow/tfjs-core';

const epsilon = 1e-4;
const largestWeight = 1e4;

/**
 * ‖reconstruction gradient‖ / (‖adversarial gradient‖ + 1e-4), at most 1e4 (Esser et al., arXiv 2012.09841, eq. 7, with the
 * constants of LDM's code).
 *
 * @param reconstruction gradient of the reconstruction terms at the last layer's weight
 * @param adversarial gradient of the generator's loss there
 */
export function adaptiveWeight(reconstruction: tf.Tensor, adversarial: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const ratio = tf.div(tf.norm(reconstruction), tf.add(tf.norm(adversarial), epsilon));
    return tf.clipByValue(ratio, 0, largestWeight) as tf.Scalar;
  });
}

export interface BalanceInput {
  /** [B, H, W, 3], made by `lastLayer` within the function whose gradients are being taken. */
  readonly reconstructions: tf.Tensor4D;
  /** The weight of the convolution that made them. */
  readonly lastLayer: tf.Variable;
  readonly reconstructionTerms: (reconstructions: tf.Tensor4D) => tf.Scalar;
  readonly generatorLoss: (reconstructions: tf.Tensor4D) => tf.Scalar;
  /** Multiplies the adaptive weight. */
  readonly weight: number;
  /** Variables that are part of the reconstruction terms themselves, such as a learned log-variance. */
  readonly variables?: readonly tf.Variable[];
}

export interface Balance {
  /** reconstruction terms + weight · adaptive weight · generator loss; differentiable in reconstructions and variables. */
  readonly total: tf.Scalar;
  readonly reconstructionTerms: tf.Scalar;
  readonly generatorLoss: tf.Scalar;
  /** With `weight` in it; a constant to the gradient. */
  readonly adaptiveWeight: tf.Scalar;
}

/**
 * Both losses, the adaptive weight between them and their weighted sum. Call it inside `tf.variableGrads`.
 *
 * Each loss is differentiated once, up to the reconstructions. These two gradients give both last-layer gradients for one
 * small convolution gradient each, and added with their weights they are all that the pass through the decoder and
 * encoder needs: one pass, where LDM takes three through parts of it. Nothing is read back from the device.
 */
export function balanced(input: BalanceInput): Balance {
  const { reconstructions, lastLayer, weight, variables = [] } = input;
  const terms = differentiated(input.reconstructionTerms, reconstructions, variables);
  const generator = differentiated(input.generatorLoss, reconstructions, []);
  // Inside variableGrads, the tape already leads from the last layer's weight to the reconstructions.
  const atLastLayer = tf.grad(() => reconstructions);
  const ratio = adaptiveWeight(atLastLayer(lastLayer, terms.gradient), atLastLayer(lastLayer, generator.gradient));
  const scale: tf.Scalar = tf.mul(ratio, weight);
  const value: tf.Scalar = tf.add(terms.value, tf.mul(scale, generator.value));
  const gradient: tf.Tensor = tf.add(terms.gradient, tf.mul(scale, generator.gradient));
  return {
    total: withGradients([reconstructions, ...variables], value, [gradient, ...terms.ofVariables]),
    reconstructionTerms: terms.value,
    generatorLoss: generator.value,
    adaptiveWeight: scale,
  };
}

function differentiated(
  loss: (reconstructions: tf.Tensor4D) => tf.Scalar,
  reconstructions: tf.Tensor4D,
  variables: readonly tf.Variable[],
) {
  const { value, grads } = tf.valueAndGrads((x) => loss(x as tf.Tensor4D))([reconstructions, ...variables]);
  const [gradient, ...ofVariables] = grads;
  return { value: value as tf.Scalar, gradient: gradient as tf.Tensor, ofVariables };
}

/** `value` as a function of `inputs` with the given gradients: how it was computed no longer concerns the tape. */
function withGradients(inputs: tf.Tensor[], value: tf.Scalar, gradients: tf.Tensor[]): tf.Scalar {
  const constant = tf.customGrad<tf.Scalar>((...inputsAndSave) => {
    // Saved, the gradients outlive the tidy of the forward pass.
    (inputsAndSave.at(-1) as tf.GradSaveFunc)(gradients);
    return { value: value.clone(), gradFunc: (dy, saved) => saved.map((gradient) => tf.mul(dy, gradient)) };
  });
  return constant(...inputs);
}
