/** The adversarial term balanced against the reconstruction terms by their gradients at the decoder's last layer. */
import * as tf from '@tensorflow/tfjs';

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
}

export interface Balance {
  /** reconstruction terms + weight · adaptive weight · generator loss, differentiable through the reconstructions. */
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
export function balanced({ reconstructions, lastLayer, weight, ...losses }: BalanceInput): Balance {
  const terms = differentiated(losses.reconstructionTerms, reconstructions);
  const generator = differentiated(losses.generatorLoss, reconstructions);
  // Inside variableGrads, the tape already leads from the last layer's weight to the reconstructions.
  const atLastLayer = tf.grad(() => reconstructions);
  const ratio = adaptiveWeight(atLastLayer(lastLayer, terms.gradient), atLastLayer(lastLayer, generator.gradient));
  const scale: tf.Scalar = tf.mul(ratio, weight);
  const value: tf.Scalar = tf.add(terms.value, tf.mul(scale, generator.value));
  const gradient: tf.Tensor = tf.add(terms.gradient, tf.mul(scale, generator.gradient));
  return {
    total: withGradient(reconstructions, value, gradient),
    reconstructionTerms: terms.value,
    generatorLoss: generator.value,
    adaptiveWeight: scale,
  };
}

function differentiated(
  loss: (x: tf.Tensor4D) => tf.Scalar,
  x: tf.Tensor4D,
): { value: tf.Scalar; gradient: tf.Tensor } {
  const { value, grad } = tf.valueAndGrad((input) => loss(input as tf.Tensor4D))(x);
  return { value: value as tf.Scalar, gradient: grad };
}

/** `value` as a function of `x` with the given gradient: how it was computed no longer concerns the tape. */
function withGradient(x: tf.Tensor4D, value: tf.Scalar, gradient: tf.Tensor): tf.Scalar {
  const constant = tf.customGrad<tf.Scalar>((_x, save) => {
    // Saved, the gradient outlives the tidy of the forward pass.
    (save as tf.GradSaveFunc)([gradient]);
    return { value: value.clone(), gradFunc: (dy, [saved]) => tf.mul(dy, saved as tf.Tensor) };
  });
  return constant(x);
}
