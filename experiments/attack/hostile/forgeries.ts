/** Files made with care rather than by chance: what a header, a configuration or a pickle may claim. */
import type { RandomStream } from '../../../src/random.js';
import type { Damage } from './damage.js';

/** A file that a pickle must not be able to make. */
export const trap = 'owned';

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** As JSON text, so that what no serialiser would write is among them. */
const nastyValues = [
  'null',
  'true',
  '-1',
  '0',
  '1.5',
  '1e9',
  '1e308',
  '1e999',
  '""',
  '"../../../etc/passwd"',
  '"\\u001b[2J\\u202e\\u0007"',
  '"__proto__"',
  `"${'x'.repeat(100_000)}"`,
  '[]',
  '[1e9,1e9,1e9]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  deep(60),
  deep(100_000),
];

/** A JSON document of which one value, at any depth, became another. */
export const forgedJson: Damage = (bytes, stream) => {
  const mark = `forged-${stream.integer(1e9)}`;
  const document = JSON.parse(bytes.toString());
  const places = placesIn(document);
  const [holder, key] = places[stream.integer(places.length)] as Place;
  (holder as Record<string, unknown>)[key] = mark;
  const value = nastyValues[stream.integer(nastyValues.length)] as string;
  return Buffer.from(JSON.stringify(document).replace(`"${mark}"`, () => value));
};

type Place = readonly [holder: object, key: string];

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key] as const, ...placesIn(inner)]);
}

/** A file of safetensors whose header claims what its bytes do not hold. */
export const forgedSafetensors: Damage = (bytes, stream) => {
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = bytes.subarray(8, 8 + headerBytes);
  const how = stream.integer(4);
  if (how === 0) return withLength(bytes, [0n, 1n, 2n ** 32n, 2n ** 63n, BigInt(headerBytes - 1)], stream);
  if (how === 1)
    return withHeader(
      bytes,
      header.toString().replace('{', '{"a\\u001b[2J":{"dtype":"F32","shape":[],"data_offsets":[0,4]},'),
    );
  if (how === 2) return withHeader(bytes, header.toString().replace(/"shape":\[/g, '"shape":[18014398509481984,'));
  return withHeader(bytes, forgedJson(header, stream).toString());
};

function withLength(bytes: Buffer, lengths: readonly bigint[], stream: RandomStream): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(lengths[stream.integer(lengths.length)] ?? 0n, 0);
  return copy;
}

function withHeader(bytes: Buffer, header: string): Buffer {
  const [text, length] = [Buffer.from(header), Buffer.alloc(8)];
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)))]);
}

const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const start = '\x80\x02';

const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x04tQ`;
const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0(K\x02K\x02t(K\x02K\x01t\x89NtR`;

/** `{'encoder.conv_in.weight': a tensor of 2 × 2}` */
export const soundPickle = Buffer.from(`${start}}${text('encoder.conv_in.weight')}${tensor}s.`, 'latin1');

/** In the notation of the opcodes' bytes; each as a whole data.pkl. */
const pickles = [
  `${start}cos\nsystem\n${text(`touch ${trap}`)}\x85R.`,
  `${start}${text('builtins')}${text('exec')}\x93${text(`open('${trap}','w')`)}\x85R.`,
  `${start}cconstructor\nname\n.`,
  `${start}c__proto__\n\u001b[2J\n.`,
  `${start}c${'x'.repeat(1_000_000)}\nname\n.`,
  `${start}]q\0h\0a.`,
  `${start}${'}'.repeat(1_000_001)}.`,
  `${start}(${'('.repeat(200_000)}${'t'.repeat(200_000)}.`,
  `${start}0.`,
  `${start}]`,
  `${start}ctorch._utils\n_rebuild_tensor_v2\n(((t(tK\0(M\xff\xfft(M\xff\xfft\x89NtR.`,
  `${start}X\xff\xff\xff\x7fx.`,
  '',
];

export const forgedPickle: Damage = (_, stream) => Buffer.from(pickles[stream.integer(pickles.length)] ?? '', 'latin1');
