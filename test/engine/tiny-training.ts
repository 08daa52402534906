/** A network of every kind of layer that tokenizers have, small enough for tfjs' slowest backend, on the engine in use. */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, groupNormSilu, upsampleNearest2x } from '../../src/engine/ops.js';
import { createRepeat } from '../../src/engine/repeat.js';
import { createAdam } from '../../src/nn/adam.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import { variablesOf } from '../../src/nn/parameters.js';
import { normalTensor } from './compare.js';

const shapes: Readonly<Record<string, readonly number[]>> = {
  'in.filter': [3, 3, 3, 8],
  'in.bias': [8],
  'norm.scale': [8],
  'norm.offset': [8],
  'down.filter': [3, 3, 8, 8],
  'down.bias': [8],
  'dense.kernel': [8, 8],
  'out.filter': [3, 3, 8, 3],
  'out.bias': [3],
};

export interface TinyTrainer {
  /** @returns the loss before the step */
  step(): number;
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}

export function createTinyTrainer(): TinyTrainer {
  const entries = Object.entries(shapes).map(([name, shape], index) => {
    const initial = () => tf.mul(normalTensor(shape, index), shape.length > 1 ? 0.2 : 0.1);
    return [name, tf.tidy(() => tf.variable(initial()))] as const;
  });
  const parameters = new Map<string, tf.Variable>(entries);
  const adam = createAdam(parameters, { beta1: 0.9, beta2: 0.99, epsilon: 1e-3 });
  const images = normalTensor<tf.Tensor4D>([2, 8, 8, 3], 100);
  const matrix = (name: string) => parameters.get(name) as unknown as tf.Tensor2D;
  const vector = (name: string) => parameters.get(name) as unknown as tf.Tensor1D;
  const filter = (name: string) => parameters.get(name) as unknown as tf.Tensor4D;
  const loss = (): tf.Scalar => {
    const wide = conv2d(images, filter('in.filter'), vector('in.bias'), 1, 1);
    const normalized = groupNormSilu(wide, vector('norm.scale'), vector('norm.offset'), 4);
    const halved = conv2d(normalized, filter('down.filter'), vector('down.bias'), 2, 1); // [B, 4, 4, 8]
    const tokens = tf.reshape(halved, [2, 16, 8]);
    const scores = tf.softmax(tf.matMul(tokens, tokens, false, true)); // [B, 16, 16]
    const mixed = tf.matMul(tf.reshape(tf.matMul(scores, tokens), [32, 8]), matrix('dense.kernel'));
    const image = upsampleNearest2x(tf.reshape(mixed, [2, 4, 4, 8]) as tf.Tensor4D); // [B, 8, 8, 8]
    const outputs = conv2d(image, filter('out.filter'), vector('out.bias'), 1, 1);
    return tf.mean(tf.squaredDifference(outputs, images)) as tf.Scalar;
  };
  const variables = variablesOf(parameters, adam.state.firstMoments, adam.state.secondMoments);
  const repeat = createRepeat();
  return {
    step() {
      const scalars = adam.next(0.01);
      const { value } = repeat({ key: '', inputs: [images, ...Object.values(scalars)], variables }, () => {
        const { value, gradients } = gradientsOf(loss, parameters);
        adam.move(gradients, scalars);
        return { value };
      });
      const [number] = value.dataSync();
      tf.dispose([value, scalars]);
      return number as number;
    },
    parameters,
    dispose: () => tf.dispose([images, ...variables]),
  };
}

/** Losses of the first `steps` steps, and then all parameters. */
export function trainTiny(steps: number): tf.TypedArray[] {
  const trainer = createTinyTrainer();
  const losses = Float32Array.from({ length: steps }, () => trainer.step());
  const weights = [...trainer.parameters.values()].map((parameter) => parameter.dataSync().slice());
  trainer.dispose();
  return [losses, ...weights];
}
