/** Damages bytes at random but reproducibly: what a reader must refuse in one sentence or read, never crash or hang on. */
import type { RandomStream } from '../../../src/random.js';

export type Damage = (bytes: Buffer, stream: RandomStream) => Buffer;

/** Half of the damage strikes the first `headBytes`, where headers live, or the last, where zip directories live. */
function position(bytes: Buffer, stream: RandomStream): number {
  const headBytes = Math.min(2048, bytes.length);
  const place = stream.integer(4);
  if (place === 0) return stream.integer(headBytes);
  if (place === 1) return bytes.length - 1 - stream.integer(headBytes);
  return stream.integer(bytes.length);
}

export const damages: Readonly<Record<string, Damage>> = {
  flippedBits(bytes, stream) {
    for (let flips = 1 + stream.integer(8); flips > 0; flips--) {
      const at = position(bytes, stream);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << stream.integer(8)), at);
    }
    return bytes;
  },
  cutOff: (bytes, stream) => bytes.subarray(0, position(bytes, stream)),
  lostMiddle(bytes, stream) {
    const at = position(bytes, stream);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + stream.integer(64))]);
  },
  overwritten(bytes, stream) {
    const at = position(bytes, stream);
    return bytes.fill(stream.integer(256), at, Math.min(bytes.length, at + 1 + stream.integer(32)));
  },
  repeated(bytes, stream) {
    const at = position(bytes, stream);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - stream.integer(64)))]);
  },
};

/** The damage number `index` of a series that has all kinds in turn. */
export function damaged(sound: Buffer, index: number, stream: RandomStream): Buffer {
  const all = Object.values(damages);
  return (all[index % all.length] as Damage)(Buffer.from(sound), stream);
}
