/** LeCAM regularisation of the discriminator (Tseng et al., arXiv 2104.03310), for small data sets. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../nn/parameters.js';

/** The regularisation of a discriminator, with its moving averages. */
export interface Lecam {
  /** The moving averages of the mean logits, `real` and `fake`: part of a training's state. */
  readonly averages: Parameters;
  /**
   * mean relu(real - average fake)² + mean relu(average real - fake)². Equation 4 squares both signs; the authors' code
   * clips as here, so that logits on their own side of the other's average are free.
   */
  penalty(real: tf.Tensor4D, fake: tf.Tensor4D): tf.Scalar;
  /** Takes the mean of a step's logits into the averages. Call it after the gradients of that step. */
  update(real: tf.Tensor, fake: tf.Tensor): void;
}

/** @param decay of the averages, which start at zero */
export function createLecam(decay = 0.999): Lecam {
  const average = () => tf.variable(tf.scalar(0));
  const [realAverage, fakeAverage] = [average(), average()];
  const follow = (average: tf.Variable, logits: tf.Tensor) => {
    average.assign(tf.add(tf.mul(average, decay), tf.mul(tf.mean(logits), 1 - decay)));
  };
  return {
    averages: new Map([
      ['real', realAverage],
      ['fake', fakeAverage],
    ]),
    penalty(real, fake) {
      const realExcess = tf.relu(tf.sub(real, fakeAverage));
      const fakeExcess = tf.relu(tf.sub(realAverage, fake));
      return tf.add(tf.mean(tf.square(realExcess)), tf.mean(tf.square(fakeExcess)));
    },
    update(real, fake) {
      tf.tidy(() => {
        follow(realAverage, real);
        follow(fakeAverage, fake);
      });
    },
  };
}
