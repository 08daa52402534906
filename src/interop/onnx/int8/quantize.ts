/**
 * A float32 graph with its convolutions in 8 bits, as pairs of QuantizeLinear and DequantizeLinear (QDQ), which ONNX Runtime
 * fuses to integer convolutions (Jacob et al., arXiv 1712.05877, sections 2 and 3): unsigned activations with one scale each,
 * signed weights with a scale for each output channel. Everything between convolutions stays in float32.
 */
import {
  type ConstantDefinition,
  type ModelDefinition,
  type NodeDefinition,
  valuesRead,
} from '../../../engine/onnx/graph/model.js';
import { quantizedConvolutions } from './convolutions.js';

/** The values of a tensor that 8 bits stand for; what lies beyond is clipped. */
export type ValueRange = readonly [low: number, high: number];

/** Of each of a model's `quantizedConvolutions`, in their order: lowest and highest input and output. */
export type Int8Ranges = readonly (readonly [inLow: number, inHigh: number, outLow: number, outHigh: number])[];

/**
 * Weights take 7 of their 8 bits: processors without VNNI add two products of 8 bits into 16, and 255 · (64 + 64) still fits,
 * so that results are the same everywhere.
 */
const largestWeight = 64;
const levels = 255;

/** @throws Error unless there are ranges for each of the model's `quantizedConvolutions` */
export function quantizeModel(model: ModelDefinition, ranges: Int8Ranges): ModelDefinition {
  const chosen = quantizedConvolutions(model);
  if (chosen.length !== ranges.length) {
    throw new Error(`Got ranges of ${ranges.length} convolutions for ${chosen.length}`);
  }
  const rangesOf = new Map(chosen.map((node, index) => [node, ranges[index]!]));
  const constants = new Map(model.constants.map((constant) => [constant.name, constant]));
  const nodes: NodeDefinition[] = [];
  const added: ConstantDefinition[] = [];
  const inEightBits = new Map<string, string>();

  function constant(
    name: string,
    dtype: ConstantDefinition['dtype'],
    data: ConstantDefinition['data'],
    shape: number[] = [],
  ) {
    added.push({ name, dtype, shape, data });
    return name;
  }
  function append(operator: string, inputs: string[], output: string, attributes: NodeDefinition['attributes'] = {}) {
    nodes.push({ operator, domain: '', inputs, outputs: [output], attributes });
    return output;
  }
  /** Through 8 bits and back: [source] -> the float32 values that 8 bits can stand for. */
  function rounded(source: string, range: ValueRange, output: string): string {
    const { scale, zeroPoint } = activationScale(range);
    const parameters = [
      constant(`${output} scale`, 'float32', Float32Array.of(scale)),
      constant(`${output} zero`, 'uint8', Uint8Array.of(zeroPoint)),
    ];
    append('QuantizeLinear', [source, ...parameters], `${output} in 8 bits`);
    return append('DequantizeLinear', [`${output} in 8 bits`, ...parameters], output);
  }

  for (const node of model.nodes) {
    const bounds = rangesOf.get(node);
    if (bounds === undefined) {
      nodes.push(node);
      continue;
    }
    const [inLow, inHigh, outLow, outHigh] = bounds;
    const [source = '', filterName = '', biasName] = node.inputs;
    const [result = ''] = node.outputs;
    const input = inEightBits.get(source) ?? rounded(source, [inLow, inHigh], `${source} rounded`);
    inEightBits.set(source, input);
    const filter = constants.get(filterName) as ConstantDefinition;
    const { values, scales } = quantizeFilter(filter.data as Float32Array, filter.shape[0] as number);
    const channels = [scales.length];
    const perChannel = { axis: 0 };
    const weight = append(
      'DequantizeLinear',
      [
        constant(`${result} weight`, 'int8', values, [...filter.shape]),
        constant(`${result} weight scale`, 'float32', scales, channels),
      ],
      `${result} weight in float`,
      perChannel,
    );
    const bias = (constants.get(biasName ?? '')?.data ?? new Float32Array(scales.length)) as Float32Array;
    const { scale } = activationScale([inLow, inHigh]);
    const biasScales = scales.map((weightScale) => weightScale * scale);
    const offset = append(
      'DequantizeLinear',
      [
        constant(`${result} bias`, 'int32', quantizeBias(bias, biasScales), channels),
        constant(`${result} bias scale`, 'float32', biasScales, channels),
      ],
      `${result} bias in float`,
      perChannel,
    );
    append('Conv', [input, weight, offset], `${result} exact`, node.attributes);
    rounded(`${result} exact`, [outLow, outHigh], result);
  }
  const used = new Set(nodes.flatMap(valuesRead));
  const kept = [...model.constants, ...added].filter(({ name }) => used.has(name));
  return { ...model, nodes, constants: kept };
}

/** Zero is always among the values: padding must be exact (arXiv 1712.05877, section 2.1). */
export function activationScale([low, high]: ValueRange): { readonly scale: number; readonly zeroPoint: number } {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / levels || 1);
  return { scale, zeroPoint: Math.min(levels, Math.max(0, Math.round(-least / scale))) };
}

/** [O, I, kh, kw] -> whole numbers, and the scale of each output channel. */
export function quantizeFilter(weights: Float32Array, channels: number): { values: Int8Array; scales: Float32Array } {
  const length = weights.length / channels;
  const scales = new Float32Array(channels).map((_, channel) => {
    const own = weights.subarray(channel * length, (channel + 1) * length);
    return own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / largestWeight || 1;
  });
  const values = Int8Array.from(weights, (value, at) => Math.round(value / scales[Math.floor(at / length)]!));
  return { values, scales };
}

const quantizeBias = (bias: Float32Array, scales: Float32Array): Int32Array =>
  Int32Array.from(bias, (value, channel) => Math.round(value / scales[channel]!));
