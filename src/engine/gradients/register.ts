/**
 * Gradients of tfjs' kernels. tfjs-core's Node build has none: they come with the union package `@tensorflow/tfjs`, beside
 * layers, converters and a WebGL backend that nothing here uses. Where that package is loaded too, its gradients stay.
 */
import * as tf from '@tensorflow/tfjs-core';
import { elementwiseGradients } from './elementwise.js';
import { networkGradients } from './network.js';
import { reductionGradients } from './reduction.js';
import { shapeGradients } from './shape.js';

export const tfjsGradients: readonly tf.GradConfig[] = [
  ...elementwiseGradients,
  ...networkGradients,
  ...reductionGradients,
  ...shapeGradients,
];

/** Those of the union package keep more than they need, or build tensors of ones in JavaScript at every step. */
const better: ReadonlySet<string> = new Set(['Relu', 'Sum', 'Mean', 'Rsqrt', 'Sqrt']);

/** Registers those that nobody has registered yet, and the better ones in any case. */
export function registerTfjsGradients(): void {
  for (const config of tfjsGradients) {
    const isKnown = tf.getGradient(config.kernelName) != null;
    if (isKnown && !better.has(config.kernelName)) continue;
    if (isKnown) tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  }
}
