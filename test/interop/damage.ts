/** Damages files at random but reproducibly: what a reader must refuse in one sentence or read, never crash or hang on. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { UserError } from '../../src/errors.js';
import { type RandomStream, randomStream } from '../../src/random.js';

type Damage = (bytes: Buffer, stream: RandomStream) => Buffer;

/** Half of the damage strikes the first `headBytes`, where headers live, or the last, where zip directories live. */
function position(bytes: Buffer, stream: RandomStream): number {
  const headBytes = Math.min(2048, bytes.length);
  const place = stream.integer(4);
  if (place === 0) return stream.integer(headBytes);
  if (place === 1) return bytes.length - 1 - stream.integer(headBytes);
  return stream.integer(bytes.length);
}

const damages: Record<string, Damage> = {
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

/**
 * Writes `count` damaged copies of `original`, one after the other, to `scratch` and expects `read` to refuse each with
 * a `UserError` or to read it.
 *
 * @returns how many were refused
 */
export async function expectRefusedOrRead(
  original: string,
  scratch: string,
  count: number,
  read: (path: string) => Promise<void>,
): Promise<number> {
  const sound = await readFile(original);
  const kinds = Object.keys(damages);
  let refused = 0;
  for (let index = 0; index < count; index++) {
    const kind = kinds[index % kinds.length] as string;
    const damage = damages[kind] as Damage;
    await writeFile(scratch, damage(Buffer.from(sound), randomStream(kind, index)));
    try {
      await read(scratch);
    } catch (error) {
      expect(error, `${kind} ${index} of ${original}`).toBeInstanceOf(UserError);
      refused++;
    }
  }
  return refused;
}
