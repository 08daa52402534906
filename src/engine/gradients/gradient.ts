/** How a gradient is written down: what it needs of its kernel's inputs and outputs, and the gradient of each input from these. */
import * as tf from '@tensorflow/tfjs-core';

/** Of one kernel with one output: functions of dy and the kept tensors, by input. */
export type InputGradients = Record<string, () => tf.Tensor>;
type Attributes = Record<string, unknown>;

interface Kept {
  readonly inputs?: readonly string[];
  readonly output?: boolean;
}

/**
 * @param kept which inputs the gradient reads, and whether it reads the output, which comes last
 * @param gradient the gradients of the inputs; `dy` is that of the output
 */
export function gradientOf<Options extends object = Attributes>(
  kernelName: string,
  { inputs = [], output = false }: Kept,
  gradient: (dy: tf.Tensor, kept: tf.Tensor[], attributes: Options) => InputGradients,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    ...(output && { outputsToSave: [true] }),
    gradFunc: (dy, kept, attributes) => gradient(dy as tf.Tensor, kept, attributes as unknown as Options),
  };
}

/** Of y = f(x), from f'(x). */
export const ofInput = (kernelName: string, slope: (x: tf.Tensor) => tf.Tensor, input = 'x'): tf.GradConfig =>
  gradientOf(kernelName, { inputs: [input] }, (dy, [x]) => ({ [input]: () => tf.mul(dy, slope(floats(x!))) }));

/** Of y = f(x), from f' as a function of y. */
export const ofOutput = (kernelName: string, slope: (y: tf.Tensor) => tf.Tensor, input = 'x'): tf.GradConfig =>
  gradientOf(kernelName, { output: true }, (dy, [y]) => ({ [input]: () => tf.mul(dy, slope(y!)) }));

/** Of a function that is flat wherever it has a slope. */
export const flat = (kernelName: string, ...inputs: string[]): tf.GradConfig =>
  gradientOf(kernelName, { inputs }, (_, kept) =>
    Object.fromEntries(inputs.map((name, index) => [name, () => tf.zerosLike(floats(kept[index]!))])),
  );

export const floats = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');

/** A kernel by its name: for those that tfjs has no function for. */
export function runKernel(name: string, inputs: Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return [result].flat()[0] as tf.Tensor;
}

/** The sum over what broadcasting repeated of a tensor of `shape`. */
export function unbroadcast(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const added = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
  );
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), [...shape]);
}

/** `x` repeated along the axes where it has size 1; by one kernel where the backend has it, which tfjs' function does not use. */
export function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const hasKernel = tf.getKernel('BroadcastTo', tf.getBackend()) !== undefined;
  return hasKernel ? runKernel('BroadcastTo', { x }, { shape }) : tf.broadcastTo(x, [...shape] as [number]);
}
