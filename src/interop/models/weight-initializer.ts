/** Imported weights as the first values of a network's parameters. */
import * as tf from '@tensorflow/tfjs-core';
import { assertShape, UserError } from '../../errors.js';
import type { Initializer } from '../../nn/parameters.js';
import type { ImportedWeights } from './formats/imported-weights.js';

export interface LoadedWeights {
  /** Hands each weight out once; a `UserError` for one that the files lack or that has another shape. */
  readonly initializer: Initializer;
  /** Throws a `UserError` if a weight was not handed out: the network is not the one that the files are of. */
  assertAllUsed(): void;
}

/** Reads all weights into tensors, in tfjs' layout and float32. */
export async function loadWeights(source: string, weights: ImportedWeights): Promise<LoadedWeights> {
  const tensors = new Map<string, tf.Tensor>();
  for (const [name, shape] of weights.shapes) {
    tensors.set(name, tf.tensor(await weights.parameter(name, shape), [...shape]));
  }
  return {
    initializer(name, shape) {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new UserError(`${source} has no weight ${name}: it is incomplete or another model.`);
      assertShape(`${name} in ${source}`, tensor.shape, shape, 'the file belongs to another model');
      tensors.delete(name);
      return tensor;
    },
    assertAllUsed() {
      const [name] = tensors.keys();
      if (name === undefined) return;
      tf.dispose([...tensors.values()]);
      throw new UserError(`${source} has ${tensors.size} weights that its config has no place for, such as ${name}.`);
    },
  };
}
