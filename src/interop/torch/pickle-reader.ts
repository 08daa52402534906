/** The operands of pickle opcodes. */
import { UnsoundFileError } from '../unsound-file.js';

export interface PickleReader {
  position(): number;
  uint8(): number;
  uint16(): number;
  int32(): number;
  size32(): number;
  size64(): number;
  float64BigEndian(): number;
  /** A signed little-endian integer of `sizeBytes` bytes. */
  integer(sizeBytes: number): number | bigint;
  bytes(sizeBytes: number): Uint8Array;
  text(sizeBytes: number): string;
  /** Up to the next line feed, without it. */
  line(): string;
}

/** Reads `bytes` from `start` on; every read is checked against their end. */
export function pickleReader(bytes: Uint8Array, start: number): PickleReader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = start;
  /** Moves on by `sizeBytes` and gives where it was. */
  const skip = (sizeBytes: number) => {
    if (sizeBytes > buffer.length - position) throw new UnsoundFileError('its pickle is cut off');
    position += sizeBytes;
    return position - sizeBytes;
  };
  const bytesOf = (sizeBytes: number) => {
    const from = skip(sizeBytes);
    return buffer.subarray(from, from + sizeBytes);
  };
  return {
    position: () => position,
    uint8: () => buffer.readUInt8(skip(1)),
    uint16: () => buffer.readUInt16LE(skip(2)),
    int32: () => buffer.readInt32LE(skip(4)),
    size32: () => buffer.readUInt32LE(skip(4)),
    size64: () => Number(buffer.readBigUInt64LE(skip(8))),
    float64BigEndian: () => buffer.readDoubleBE(skip(8)),
    integer(sizeBytes) {
      const hexadecimal = Buffer.from(bytesOf(sizeBytes)).reverse().toString('hex');
      const value = BigInt.asIntN(8 * sizeBytes, BigInt(`0x0${hexadecimal}`));
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    },
    bytes: bytesOf,
    text: (sizeBytes) => bytesOf(sizeBytes).toString('utf8'),
    line() {
      const end = buffer.indexOf('\n', position);
      if (end === -1) throw new UnsoundFileError('its pickle is cut off');
      const text = buffer.toString('utf8', position, end);
      position = end + 1;
      return text;
    },
  };
}
