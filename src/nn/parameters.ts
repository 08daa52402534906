/** The parameter tree: every trainable tensor of a network under its dotted name, as in a diffusers file. */
import * as tf from '@tensorflow/tfjs-core';

/** Makes the first value of a parameter. */
export type Initializer = (name: string, shape: readonly number[]) => tf.Tensor;

/** Where the first weights of a network come from: drawn from a seed, or given by name. */
export type WeightSource = { readonly seed: number } | { readonly weights: Initializer };

/**
 * All parameters of a network by full name, in the order in which its layers were built. Those that are not `trainable` no
 * gradient moves.
 */
export type Parameters = ReadonlyMap<string, tf.Variable>;

/** Hands a layer its parameters; `child` opens a branch of the tree. */
export interface Scope {
  child(name: string | number): Scope;
  parameter(name: string, shape: readonly number[], initializer: Initializer): tf.Variable;
  /** As `parameter`, for what no gradient moves. */
  constant(name: string, shape: readonly number[], initializer: Initializer): tf.Variable;
  /** Those declared here and on branches so far that gradients move. */
  trainable(): tf.Variable[];
}

/**
 * An empty tree. Layers built on `scope` add their parameters to `parameters`.
 *
 * @param overrideInitial replaces the layers' initialisers: a file's weights, for instance
 */
export function createParameterTree(overrideInitial?: Initializer): { scope: Scope; parameters: Parameters } {
  const parameters = new Map<string, tf.Variable>();
  const declare = (fullName: string, shape: readonly number[], initializer: Initializer, trainable: boolean) => {
    if (parameters.has(fullName)) throw new Error(`Two layers claim the parameter ${fullName}`);
    const value = (overrideInitial ?? initializer)(fullName, shape);
    // tfjs' own registry wants unique names over all networks: give it none, the tree is ours.
    const variable = tf.variable(value, trainable);
    value.dispose();
    parameters.set(fullName, variable);
    return variable;
  };
  const open = (prefix: string): Scope => ({
    child: (name) => open(`${prefix}${name}.`),
    parameter: (name, shape, initializer) => declare(prefix + name, shape, initializer, true),
    constant: (name, shape, initializer) => declare(prefix + name, shape, initializer, false),
    trainable: () => [...trainableOf(parameters)].filter(([name]) => name.startsWith(prefix)).map(([, own]) => own),
  });
  return { scope: open(''), parameters };
}

export function countParameters(parameters: Parameters): number {
  return [...parameters.values()].reduce((sum, variable) => sum + variable.size, 0);
}

/** Those that gradients move. */
export function trainableOf(parameters: Parameters): Parameters {
  return new Map([...parameters].filter(([, variable]) => variable.trainable));
}

/** The variables of several trees, one tree after the other. */
export const variablesOf = (...trees: readonly Parameters[]): tf.Variable[] =>
  trees.flatMap((tree) => [...tree.values()]);

export function disposeParameters(parameters: Parameters): void {
  for (const variable of parameters.values()) variable.dispose();
}
