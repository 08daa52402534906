/** One kernel per parameter for what happens after the gradients are known. */

import { commonLayout, GraphValue } from '../value.js';
import { defineKernel, elementwise, floatOnly, type KernelSpec } from './kernel.js';

/**
 * Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1). All scalars are inputs, so that a new learning rate compiles nothing:
 * `stepSize` is learningRate / (1 - beta1^t), `correction` is 1 / sqrt(1 - beta2^t).
 */
const adam = defineKernel({
  name: 'AdamUpdate',
  inputs: ['parameter', 'gradient', 'm', 'v', 'stepSize', 'correction', 'beta1', 'beta2', 'epsilon', 'decay'],
  dtypes: floatOnly,
  infer: ([parameter]) => [parameter!, parameter!, parameter!],
  lower({ graph, inputs, outputs }) {
    const [parameter, gradient, m, v, ...scalars] = inputs as GraphValue[];
    const [stepSize, correction, beta1, beta2, epsilon, decay] = scalars.map((scalar) => scalar.logical());
    const layout = commonLayout([gradient!], gradient!.rank);
    const [p, g, oldM, oldV] = [parameter!, gradient!, m!, v!].map((value) => value.form(layout));
    /** target + (1 - beta)·(value - target) */
    const toward = (old: string, value: string, beta: string) =>
      graph.node('Add', [value, graph.node('Mul', [graph.node('Sub', [old, value]), beta])]);
    const newM = toward(oldM!, g!, beta1!);
    const newV = toward(oldV!, graph.node('Mul', [g!, g!]), beta2!);
    const deviation = graph.node('Mul', [graph.node('Sqrt', [newV]), correction!]);
    const direction = graph.node('Div', [newM, graph.node('Add', [deviation, epsilon!])]);
    const change = graph.node('Mul', [direction, stepSize!]);
    const decayed = graph.node('Mul', [p!, decay!]);
    const newP = graph.node('Sub', [decayed, change]);
    return [newP, newM, newV].map((name, index) => GraphValue.of(graph, outputs[index]!, name, layout));
  },
});

/** average + (1 - decay)·(value - average) */
const ema = defineKernel({
  name: 'EmaUpdate',
  inputs: ['average', 'value', 'decay'],
  dtypes: floatOnly,
  infer: ([average]) => [average!],
  lower: ({ graph, inputs: [average, value, decay], outputs: [output] }) => [
    elementwise(graph, [average!, value!, decay!], output!, ([old, fresh, keep]) =>
      graph.node('Add', [fresh!, graph.node('Mul', [graph.node('Sub', [old!, fresh!]), keep!])]),
    ),
  ],
});

export const optimizerKernels: readonly KernelSpec[] = [adam, ema];
