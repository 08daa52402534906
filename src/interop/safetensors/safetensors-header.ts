/**
 * The header of a safetensors file: `{"__metadata__": {…}, "<name>": {"dtype", "shape", "data_offsets"}, …}` in JSON,
 * checked as strictly as github.com/huggingface/safetensors does, and for duplicate names too.
 */
import { z } from 'zod';
import type { TensorEntry } from '../tensor-file.js';
import { UnsoundFileError } from '../unsound-file.js';
import { isSafetensorsDtype, type SafetensorsDtype, safetensorsDtypes, tensorSizeBytes } from './dtypes.js';
import { findJsonFlaw, quoted } from './json-keys.js';

/** An entry with its place. */
export interface SafetensorsEntry extends TensorEntry {
  /** From the beginning of the data, which follow the header. */
  readonly offsetBytes: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/** The one name in a header that is no tensor's. */
export const metadataKey = '__metadata__';

/** The header, a tensor, its shape. */
const nestingLevels = 3;

const wholeNumber = z.number().int().min(0);
const metadataSchema = z.record(z.string(), z.string());
const tensorSchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(wholeNumber),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});

/**
 * @param dataSizeBytes size of what follows the header
 * @throws UnsoundFileError where the header or the layout it describes is not what the format allows
 */
export function parseHeader(json: string, dataSizeBytes: number): SafetensorsHeader {
  const header = parseJsonObject(json);
  const tensors = Object.entries(header).filter(([name]) => name !== metadataKey);
  const entries = tensors.map(([name, value]) => parseEntry(name, value));
  assertNoGaps(entries, dataSizeBytes);
  return {
    metadata: parseMetadata(header[metadataKey] ?? {}),
    entries: new Map(entries.map((entry) => [entry.name, entry])),
  };
}

/** The order in which the format's own library writes: large elements first, then by name, so that all are aligned. */
export function inWritingOrder<Entry extends Pick<TensorEntry, 'name' | 'dtype'>>(entries: Iterable<Entry>): Entry[] {
  const rank = (dtype: SafetensorsDtype) => safetensorsDtypes.indexOf(dtype);
  return [...entries].sort((a, b) => rank(b.dtype) - rank(a.dtype) || Buffer.compare(utf8(a.name), utf8(b.name)));
}

/** The header's length in 8 bytes and the header, padded so that the data begin at a multiple of 8. */
export function serializeHeader(header: SafetensorsHeader): Uint8Array {
  const { metadata, entries } = header;
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const tensors = [...entries.values()].map(({ name, dtype, shape, offsetBytes, sizeBytes }): [string, unknown] => {
    return [name, { dtype, shape, data_offsets: [offsetBytes, offsetBytes + sizeBytes] }];
  });
  const members: [string, unknown][] = sorted.length === 0 ? [] : [[metadataKey, Object.fromEntries(sorted)]];
  // Joined by hand: an object would put names that are numbers first.
  const text = [...members, ...tensors].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = utf8(`{${text.join(',')}}`);
  const bytes = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return bytes;
}

const utf8 = (text: string) => Buffer.from(text, 'utf8');

function parseJsonObject(json: string): Record<string, unknown> {
  if (!json.startsWith('{')) throw new UnsoundFileError('its header does not begin with {');
  const flaw = findJsonFlaw(json, nestingLevels);
  if (flaw !== undefined) throw new UnsoundFileError(`its header ${flaw}`);
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch (error) {
    throw new UnsoundFileError('its header is not valid JSON', { cause: error });
  }
}

function parseMetadata(value: unknown): Record<string, string> {
  const result = metadataSchema.safeParse(value);
  if (!result.success) throw new UnsoundFileError('its __metadata__ is not an object of strings');
  return result.data;
}

function parseEntry(name: string, value: unknown): SafetensorsEntry {
  const result = tensorSchema.safeParse(value);
  const subject = `tensor ${quoted(name)}`;
  if (!result.success) throw new UnsoundFileError(`${subject} is not described by dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = result.data;
  if (!isSafetensorsDtype(dtype)) throw new UnsoundFileError(`${subject} has the unknown dtype ${quoted(dtype)}`);
  const sizeBytes = tensorSizeBytes(dtype, shape);
  const [begin, end] = offsets;
  if (sizeBytes !== end - begin) {
    const wanted = `${dtype} of shape [${shape.slice(0, 8)}] takes ${sizeBytes ?? 'no whole number of'} bytes`;
    throw new UnsoundFileError(`${subject} has ${end - begin} bytes, but ${wanted}`);
  }
  return { name, dtype, shape, sizeBytes, offsetBytes: begin };
}

/** Every byte of the data belongs to exactly one tensor. */
function assertNoGaps(entries: readonly SafetensorsEntry[], dataSizeBytes: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offsetBytes - b.offsetBytes || a.sizeBytes - b.sizeBytes)) {
    if (entry.offsetBytes !== end) {
      const flaw = entry.offsetBytes < end ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new UnsoundFileError(`tensor ${quoted(entry.name)} ${flaw}`);
    }
    end += entry.sizeBytes;
  }
  if (end !== dataSizeBytes)
    throw new UnsoundFileError(`its tensors take ${end} bytes, but ${dataSizeBytes} are there`);
}
