/** Of both sides. */
import type { AdamOptions } from '../../src/nn/adam.js';

export const adamOptions: AdamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
export const learningRate = 1e-4;
