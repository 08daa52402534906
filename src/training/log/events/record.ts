/** The framing of TFRecord files, in which TensorBoard's events stand. */
import crc32c from '@chainsafe/fast-crc32c';

/**
 * Length, its checksum, the bytes, their checksum; little-endian.
 * Source: tensorflow/core/lib/io/record_writer.h.
 */
export function framedRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return record;
}

/**
 * A CRC-32C that may itself stand within data of which one is taken: turned right by 15 bits, and moved on.
 * Source: tensorflow/core/lib/hash/crc32c.h.
 */
export function maskedChecksum(data: Uint8Array): number {
  const sum = crc32c.calculate(data) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}
