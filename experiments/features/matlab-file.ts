/** Reads the arrays of a MATLAB 5 file whose variables are cells of float32 arrays, not compressed. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../src/errors.js';

export interface MatlabArray {
  readonly shape: readonly number[];
  /** Column-major, as MATLAB stores it: the first index runs fastest. */
  readonly values: Float32Array;
}

const headerBytes = 128;
const types = { int32: 5, single: 7 } as const;
const cellClass = 1;

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Where the next element begins. */
  readonly end: number;
}

/** The cells of every variable, by its name. */
export async function readMatlabCells(path: string): Promise<ReadonlyMap<string, readonly MatlabArray[]>> {
  const file = await readFile(path);
  if (!file.toString('latin1', 0, 10).startsWith('MATLAB 5.0')) {
    throw new UserError(`${path} is no MATLAB 5 file: pass squeezenet_v1.1_notop.mat.`);
  }
  return new Map(elementsOf(file.subarray(headerBytes)).map(({ data }) => readCell(data)));
}

/** An element is a type, a size and data padded to 8 bytes; up to 4 bytes of data share the tag. */
function elementAt(bytes: Buffer, offset: number): Element {
  const first = bytes.readUInt32LE(offset);
  const smallSize = first >>> 16;
  if (smallSize > 0) {
    return { type: first & 0xffff, data: bytes.subarray(offset + 4, offset + 4 + smallSize), end: offset + 8 };
  }
  const size = bytes.readUInt32LE(offset + 4);
  const start = offset + 8;
  return { type: first, data: bytes.subarray(start, start + size), end: start + 8 * Math.ceil(size / 8) };
}

function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const element = elementAt(bytes, offset);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** A matrix element: flags, shape, name, then the data, or one matrix per cell. */
function readCell(matrix: Buffer): [string, MatlabArray[]] {
  const [flags, , name, ...cells] = elementsOf(matrix);
  const isCell = flags !== undefined && (flags.data.readUInt32LE(0) & 0xff) === cellClass;
  if (!isCell || !name) throw new UserError('A MATLAB variable is no cell array: pass squeezenet_v1.1_notop.mat.');
  return [name.data.toString('latin1'), cells.map(({ data }) => readArray(data))];
}

function readArray(matrix: Buffer): MatlabArray {
  const [, dimensions, , real] = elementsOf(matrix);
  if (dimensions?.type !== types.int32 || real?.type !== types.single) {
    throw new UserError('A MATLAB cell is no float32 array: pass squeezenet_v1.1_notop.mat.');
  }
  const shape = Array.from({ length: dimensions.data.length / 4 }, (_, axis) => dimensions.data.readInt32LE(4 * axis));
  const values = Float32Array.from({ length: real.data.length / 4 }, (_, index) => real.data.readFloatLE(4 * index));
  return { shape, values };
}
