/** Writes ONNX files: the part of onnx.proto3 (IR version 10) that the engine needs. */
import protobuf from 'protobufjs/light.js';
import type { Numbers, NumericType } from '../numbers.js';

/** The number format of a value in an ONNX file. */
export type ElementType = NumericType | 'int64' | 'float16' | 'bfloat16' | 'uint8' | 'int8';

/** A number is an integer attribute; floats are marked by `float`, graphs that a node runs by `body`. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly body: Body };
export const float = (value: number): Attribute => ({ float: value });

export interface NodeDefinition {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What a node runs itself. It may read whatever the node could read, by name. */
export interface Body {
  readonly nodes: readonly NodeDefinition[];
  readonly inputs: readonly ValueDefinition[];
  readonly outputs: readonly ValueDefinition[];
}

/** Of a node that has one. */
export const bodyOf = ({ attributes: { body } }: NodeDefinition): Body | undefined =>
  typeof body === 'object' && 'body' in body ? body.body : undefined;

/** What a node reads, in its body too. */
export const valuesRead = (node: NodeDefinition): string[] => [
  ...node.inputs,
  ...(bodyOf(node)?.nodes.flatMap(valuesRead) ?? []),
];

/** A size may be the name of a dynamic axis. */
export interface ValueDefinition {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface ConstantDefinition {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: Numbers | BigInt64Array | Int8Array | Uint16Array;
}

export interface ModelDefinition {
  readonly nodes: readonly NodeDefinition[];
  readonly constants: readonly ConstantDefinition[];
  readonly inputs: readonly ValueDefinition[];
  readonly outputs: readonly ValueDefinition[];
  /** What a reader of the file is told besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const field = (type: string, id: number, rule?: 'repeated') => ({ type, id, ...(rule ? { rule } : {}) });

const ModelProto = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: field('OperatorSetIdProto', 8, 'repeated'),
        metadataProps: field('StringStringEntryProto', 14, 'repeated'),
      },
    },
    StringStringEntryProto: { fields: { key: field('string', 1), value: field('string', 2) } },
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    GraphProto: {
      fields: {
        node: field('NodeProto', 1, 'repeated'),
        name: field('string', 2),
        initializer: field('TensorProto', 5, 'repeated'),
        input: field('ValueInfoProto', 11, 'repeated'),
        output: field('ValueInfoProto', 12, 'repeated'),
      },
    },
    NodeProto: {
      fields: {
        input: field('string', 1, 'repeated'),
        output: field('string', 2, 'repeated'),
        opType: field('string', 4),
        attribute: field('AttributeProto', 5, 'repeated'),
        domain: field('string', 7),
      },
    },
    AttributeProto: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        g: field('GraphProto', 6),
        ints: field('int64', 8, 'repeated'),
        type: field('int32', 20),
      },
    },
    TensorProto: {
      fields: {
        dims: field('int64', 1, 'repeated'),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: field('TensorTypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: field('Dimension', 1, 'repeated') } },
    Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
  },
}).lookupType('ModelProto');

/** TensorProto.DataType */
const elementCodes: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};
export const elementCode = (dtype: ElementType): number => elementCodes[dtype];

/** AttributeProto.AttributeType */
const attributeCodes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 };

function encodeAttribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: attributeCodes.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: attributeCodes.string };
  if ('float' in value) return { name, f: value.float, type: attributeCodes.float };
  if ('body' in value) return { name, g: { name, ...encodeNodes(value.body) }, type: attributeCodes.graph };
  return { name, ints: value, type: attributeCodes.ints };
}

function encodeValue({ name, dtype, shape }: ValueDefinition): object {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementCode(dtype), shape: { dim } } } };
}

function encodeNodes({ nodes, inputs, outputs }: Body): object {
  return {
    node: nodes.map(({ operator, domain, inputs, outputs, attributes }) => ({
      input: inputs,
      output: outputs,
      opType: operator,
      attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
      domain,
    })),
    input: inputs.map(encodeValue),
    output: outputs.map(encodeValue),
  };
}

/** The bytes of a standalone .onnx file (opset 21, and version 1 of ONNX Runtime's own operators where it has any). */
export function encodeModel(model: ModelDefinition): Uint8Array {
  const domains = new Set(model.nodes.map(({ domain }) => domain));
  const message = {
    irVersion: 10,
    producerName: 'latent-vae',
    opsetImport: [
      { domain: '', version: 21 },
      ...[...domains].filter((domain) => domain !== '').map((domain) => ({ domain, version: 1 })),
    ],
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'graph',
      ...encodeNodes(model),
      initializer: model.constants.map(({ name, dtype, shape, data }) => ({
        name,
        dims: shape,
        dataType: elementCode(dtype),
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
    },
  };
  return ModelProto.encode(message).finish();
}

/** What an ONNX file says of itself. */
export interface DecodedModel {
  readonly producer: string;
  readonly opset: number;
  /** An open size has a name, or is `?` where it has none. */
  readonly inputs: readonly DecodedValue[];
  readonly outputs: readonly DecodedValue[];
  /** Elements of all constants of a floating type. */
  readonly parameters: number;
  readonly metadata: Readonly<Record<string, string>>;
}
/** An input or output of an ONNX file. */
export type DecodedValue = Omit<ValueDefinition, 'dtype'> & { readonly dtype: string };

interface ModelMessage {
  readonly producerName?: string;
  readonly opsetImport?: readonly { domain?: string; version?: number }[];
  readonly metadataProps?: readonly { key?: string; value?: string }[];
  readonly graph?: {
    readonly initializer?: readonly { dims?: readonly number[]; dataType?: number; name?: string }[];
    readonly input?: readonly ValueMessage[];
    readonly output?: readonly ValueMessage[];
  };
}
interface ValueMessage {
  readonly name?: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim?: readonly { dimValue?: number; dimParam?: string }[] };
    };
  };
}

/** TensorProto.DataType: float, float16, double, bfloat16. */
const floatingCodes = [1, 10, 11, 16];

/** What an ONNX file says of itself, without its graph. Throws where the bytes are no protocol buffer of that kind. */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  const message = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }) as ModelMessage;
  const constants = message.graph?.initializer ?? [];
  const constantNames = new Set(constants.map(({ name }) => name));
  const weights = constants.filter(({ dataType = 0 }) => floatingCodes.includes(dataType));
  return {
    producer: message.producerName ?? '',
    opset: message.opsetImport?.find(({ domain = '' }) => domain === '')?.version ?? 0,
    // Files of IR version 3 list constants among the inputs, too.
    inputs: (message.graph?.input ?? []).filter(({ name }) => !constantNames.has(name)).map(decodeValue),
    outputs: (message.graph?.output ?? []).map(decodeValue),
    parameters: weights.reduce((sum, { dims = [] }) => sum + dims.reduce((size, side) => size * side, 1), 0),
    metadata: Object.fromEntries((message.metadataProps ?? []).map(({ key = '', value = '' }) => [key, value])),
  };
}

function decodeValue({ name = '', type }: ValueMessage): DecodedValue {
  const code = type?.tensorType?.elemType ?? 0;
  const dtype = Object.entries(elementCodes).find(([, known]) => known === code)?.[0] ?? `type ${code}`;
  const shape = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) => dimValue ?? (dimParam || '?'));
  return { name, dtype, shape };
}

/** The smallest model that computes: one Identity. */
export function emptyModel(): Uint8Array {
  const scalar = (name: string): ValueDefinition => ({ name, dtype: 'float32', shape: [1] });
  const identity = { operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} };
  return encodeModel({ nodes: [identity], constants: [], inputs: [scalar('x')], outputs: [scalar('y')] });
}
