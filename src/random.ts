/**
 * Random numbers that are a function of what they are for. Every draw belongs to a stream named by a key such as
 * ('noise', seed, step), so nothing has to be saved to resume, and no consumer disturbs another. Runs in browsers, too.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export type StreamKey = readonly (string | number)[];

export interface RandomStream {
  /** In [0, 1). */
  uniform(): number;
  /** A whole number in [0, bound). */
  integer(bound: number): number;
  /** From N(0, 1). */
  normal(): number;
}

export function randomStream(...key: StreamKey): RandomStream {
  const digest = new DataView(sha256(utf8ToBytes(JSON.stringify(key))).buffer);
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.getInt32(offset, true)));
  const uniform = () => uniformFloat32(generator);
  let spare: number | undefined;
  return {
    uniform,
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    /** Box & Muller 1958: two uniforms make two independent normals. */
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** `size` draws from N(0, 1). */
export function normals(size: number, ...key: StreamKey): Float32Array<ArrayBuffer> {
  const stream = randomStream(...key);
  return Float32Array.from({ length: size }, () => stream.normal());
}

/** The numbers 0 … length-1 in a random order (Fisher & Yates). */
export function permutation(length: number, ...key: StreamKey): Uint32Array<ArrayBuffer> {
  const stream = randomStream(...key);
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = stream.integer(last + 1);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
