/** Which range of values each convolution of a graph meets, seen on pictures. */
import type { ModelDefinition } from '../../../engine/onnx/graph/model.js';
import { quantizedConvolutions } from './convolutions.js';
import { activationScale, type Int8Ranges, type ValueRange } from './quantize.js';

/** One value in so many is looked at; a prime, so that no column or channel is looked at alone. */
const sampleStep = 127;
/** Values kept of a tensor for each picture: the error of rounding is a mean, which few values tell. */
const samplesPerRun = 4096;

/** The graph with what is to be seen of it as further outputs: samples and both extremes of every tensor to be rounded. */
export function observedModel(model: ModelDefinition): ModelDefinition {
  const nodes = [...model.nodes];
  const outputs = [...model.outputs];
  const int64 = (name: string, value: number) => {
    return { name, dtype: 'int64' as const, shape: [1], data: BigInt64Array.of(BigInt(value)) };
  };
  const parameters = [
    int64('observe flat', -1),
    int64('observe from', 0),
    int64('observe to', 2 ** 40),
    int64('observe step', sampleStep),
  ];
  const add = (operator: string, inputs: string[], name: string, attributes = {}) => {
    nodes.push({ operator, domain: '', inputs, outputs: [name], attributes });
  };
  for (const tensor of observedTensors(model)) {
    add('Reshape', [tensor, 'observe flat'], `${tensor} flat`);
    add('Slice', [`${tensor} flat`, 'observe from', 'observe to', '', 'observe step'], `${tensor} samples`);
    for (const [operator, extreme] of [
      ['ReduceMin', 'least'],
      ['ReduceMax', 'most'],
    ] as const) {
      add(operator, [`${tensor} flat`], `${tensor} ${extreme}`, { keepdims: 0 });
      outputs.push({ name: `${tensor} ${extreme}`, dtype: 'float32', shape: [] });
    }
    outputs.push({ name: `${tensor} samples`, dtype: 'float32', shape: ['samples'] });
  }
  return { ...model, nodes, outputs, constants: [...model.constants, ...parameters] };
}

function observedTensors(model: ModelDefinition): Set<string> {
  return new Set(quantizedConvolutions(model).flatMap(({ inputs, outputs }) => [inputs[0]!, outputs[0]!]));
}

export interface Observer {
  /** To be told the outputs of every run of the observed model. */
  see(outputs: Readonly<Record<string, { readonly data: ArrayLike<number> }>>): void;
  /** Of the convolutions in the graph's order. */
  ranges(): Int8Ranges;
}

export function createObserver(model: ModelDefinition): Observer {
  const seen = new Map(
    [...observedTensors(model)].map((name) => [name, { least: 0, most: 0, samples: [] as number[] }]),
  );
  return {
    see(outputs) {
      for (const [name, tensor] of seen) {
        const data = outputs[`${name} samples`]!.data;
        const step = Math.max(1, Math.floor(data.length / samplesPerRun));
        for (let at = 0; at < data.length; at += step) tensor.samples.push(data[at]!);
        tensor.least = Math.min(tensor.least, outputs[`${name} least`]!.data[0]!);
        tensor.most = Math.max(tensor.most, outputs[`${name} most`]!.data[0]!);
      }
    },
    ranges() {
      const chosen = new Map(
        [...seen].map(([name, { samples, least, most }]) => [name, bestRange(samples, [least, most])]),
      );
      return quantizedConvolutions(model).map(({ inputs, outputs }) => {
        return [...chosen.get(inputs[0]!)!, ...chosen.get(outputs[0]!)!] as const;
      });
    },
  };
}

/** Shares of the whole range that are tried. */
const shares = Array.from({ length: 11 }, (_, index) => 1 - index / 20);

/**
 * The part of the whole range that rounds the samples with the least squared error: a narrower one has finer steps and clips
 * what is rare (Banner et al., arXiv 1810.05723, section 3, who solve it for known densities).
 */
export function bestRange(samples: readonly number[], [least, most]: ValueRange): ValueRange {
  let best: { range: ValueRange; error: number } | undefined;
  for (const low of least < 0 ? shares : [1]) {
    for (const high of most > 0 ? shares : [1]) {
      const range: ValueRange = [least * low, most * high];
      const error = roundingError(samples, range);
      if (best === undefined || error < best.error) best = { range, error };
    }
  }
  return best!.range;
}

function roundingError(samples: readonly number[], range: ValueRange): number {
  const { scale, zeroPoint } = activationScale(range);
  let error = 0;
  for (const value of samples) {
    const code = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
    error += (value - (code - zeroPoint) * scale) ** 2;
  }
  return error;
}
