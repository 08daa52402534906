/**
 * A float32 graph in half precision, divided as PyTorch's autocast does: convolutions and products of matrices in float16, sums,
 * norms and softmax in float32, everything else as what it takes. Inputs and outputs of the graph stay float32.
 */
import type { ConstantDefinition, ModelDefinition, NodeDefinition } from '../../engine/onnx/graph/model.js';
import { formatOf } from '../safetensors/dtypes.js';

const narrowOperators = new Set(['Conv', 'MatMul', 'Gemm']);

const wideOperators = new Set([
  'InstanceNormalization',
  'BatchNormalization',
  'Softmax',
  'ReduceL2',
  'ReduceMean',
  'ReduceSum',
  'ReduceSumSquare',
  'ArgMin',
  'Div',
  'Sqrt',
]);

/** Their answers are integers whatever they take. */
const integerOperators = new Set(['Shape', 'ArgMin']);

export interface HalfOptions {
  /** Keep products of matrices in float32: those of linear attention are sums over all positions, which float16 cannot hold. */
  readonly wideProducts: boolean;
}

/** TensorProto.DataType */
const codes = { float32: 1, float16: 10 } as const;
type Precision = keyof typeof codes;

const { fromFloat32, toFloat32 } = formatOf('F16') as Required<ReturnType<typeof formatOf>>;

export function halveModel(model: ModelDefinition, { wideProducts }: HalfOptions): ModelDefinition {
  const constants = new Map(model.constants.map((constant) => [constant.name, constant]));
  const results = new Set(model.outputs.map(({ name }) => name));
  const chosenByDistance = ancestorsOfArgMin(model.nodes);
  const precisionOf = new Map<string, Precision>(model.inputs.map(({ name }) => [name, 'float32']));
  const nodes: NodeDefinition[] = [];
  const made = new Map<string, ConstantDefinition>();
  const cast = new Set<string>();

  const isFloat = (name: string) => precisionOf.has(name) || constants.get(name)?.dtype === 'float32';
  /** The name under which a value stands in its own precision: the graph's outputs keep theirs for float32. */
  const own = (name: string) =>
    precisionOf.get(name) === 'float16' && results.has(name) ? `${name} in float16` : name;

  function inPrecision(name: string, precision: Precision): string {
    const constant = constants.get(name);
    if (constant !== undefined) return constantIn(constant, precision);
    if (precisionOf.get(name) === precision) return own(name);
    const target = precision === 'float32' && results.has(name) ? name : `${name} in ${precision}`;
    if (cast.has(target)) return target;
    cast.add(target);
    nodes.push(castNode(own(name), target, precision));
    return target;
  }

  function constantIn(constant: ConstantDefinition, precision: Precision): string {
    const name = precision === 'float16' ? `${constant.name} in float16` : constant.name;
    if (!made.has(name)) made.set(name, precision === 'float16' ? rounded(constant, name) : constant);
    return name;
  }

  function precisionFor(node: NodeDefinition, floats: readonly string[]): Precision {
    if (node.domain !== '' || wideOperators.has(node.operator) || chosenByDistance.has(node)) return 'float32';
    if (floats.some((name) => !fitsHalf(constants.get(name)))) return 'float32';
    if (narrowOperators.has(node.operator)) return wideProducts && node.operator === 'MatMul' ? 'float32' : 'float16';
    const values = floats.filter((name) => precisionOf.has(name));
    return values.length === 0 || values.some((name) => precisionOf.get(name) === 'float32') ? 'float32' : 'float16';
  }

  for (const node of model.nodes) {
    // The scales of a Resize are float32 in every precision.
    const isScale = (index: number) => node.operator === 'Resize' && index === 2;
    const floats = node.inputs.filter((name, index) => isFloat(name) && !isScale(index));
    const precision = precisionFor(node, floats);
    const inputs = node.inputs.map((name, index) => {
      const constant = constants.get(name);
      if (isFloat(name) && !isScale(index) && node.operator !== 'Shape') return inPrecision(name, precision);
      return constant === undefined ? own(name) : constantIn(constant, 'float32');
    });
    const isInteger = integerOperators.has(node.operator) || !isFloat(node.inputs[0] as string);
    if (!isInteger) for (const name of node.outputs) precisionOf.set(name, precision);
    nodes.push({ ...node, inputs, outputs: node.outputs.map(own) });
  }
  for (const { name } of model.outputs) inPrecision(name, 'float32');
  const metadata = { ...model.metadata, 'latent_vae.precision': 'float16' };
  return { ...model, nodes, constants: [...made.values()], metadata };
}

const castNode = (source: string, target: string, precision: Precision): NodeDefinition => ({
  operator: 'Cast',
  domain: '',
  inputs: [source],
  outputs: [target],
  attributes: { to: codes[precision] },
});

function rounded({ shape, data }: ConstantDefinition, name: string): ConstantDefinition {
  return { name, dtype: 'float16', shape, data: fromFloat32(data as Float32Array) as Uint16Array };
}

/** Of a constant with few values, such as an epsilon: whether all of them are still there in float16. */
function fitsHalf(constant: ConstantDefinition | undefined): boolean {
  if (constant === undefined || constant.data.length > 16) return true;
  const values = constant.data as Float32Array;
  const kept = toFloat32(fromFloat32(values));
  return values.every((value, index) => Number.isFinite(kept[index]) && (value === 0 || kept[index] !== 0));
}

/** Which code is nearest is decided in float32. */
function ancestorsOfArgMin(nodes: readonly NodeDefinition[]): Set<NodeDefinition> {
  const found = new Set<NodeDefinition>();
  const wanted = new Set<string>();
  for (const node of nodes.toReversed()) {
    const isPart = node.operator !== 'Conv' && node.outputs.some((name) => wanted.has(name));
    if (node.operator !== 'ArgMin' && !isPart) continue;
    found.add(node);
    for (const name of node.inputs) wanted.add(name);
  }
  return found;
}
