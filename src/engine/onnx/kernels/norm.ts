/** tfjs' batch normalisation. */
import { defineKernel, elementwise, floatOnly, type KernelSpec, sameAsFirst } from './kernel.js';

const batchNorm = defineKernel<{ varianceEpsilon: number }>({
  name: 'FusedBatchNorm',
  inputs: ['x', 'mean', 'variance', 'offset?', 'scale?'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower({ graph, inputs: [x, mean, variance, offset, scale], attributes, outputs: [output] }) {
    const epsilon = graph.scalar(attributes.varianceEpsilon);
    const slope = elementwise(graph, [variance!, ...(scale ? [scale] : [])], variance!.meta, ([spread, factor]) => {
      const inverted = graph.node('Reciprocal', [graph.node('Sqrt', [graph.node('Add', [spread!, epsilon])])]);
      return factor ? graph.node('Mul', [inverted, factor]) : inverted;
    });
    const operands = [x!, mean!, slope, ...(offset ? [offset] : [])];
    const emit = ([image, center, factor, shift]: string[]) => {
      const scaled = graph.node('Mul', [graph.node('Sub', [image!, center!]), factor!]);
      return shift ? graph.node('Add', [scaled, shift]) : scaled;
    };
    return [elementwise(graph, operands, output!, emit)];
  },
});

export const normKernels: readonly KernelSpec[] = [batchNorm];
