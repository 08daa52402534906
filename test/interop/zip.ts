/** A zip archive of stored files, as torch.save makes them: just enough to hide hostile pickles in. */

interface ZipOptions {
  /** Writes sizes and positions as archives of more than 4 GiB do. */
  readonly zip64?: boolean;
  readonly compressionMethod?: number;
}

export function zipArchive(files: Readonly<Record<string, Uint8Array>>, options: ZipOptions = {}): Buffer {
  const { zip64 = false, compressionMethod = 0 } = options;
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  const append = (...buffers: Buffer[]) => {
    parts.push(...buffers);
    position += buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  };
  for (const [name, content] of Object.entries(files)) {
    const encoded = Buffer.from(name);
    const common = (extraBytes: number) =>
      Buffer.concat([
        integers(2, 45, 0x800, compressionMethod, 0, 0x21),
        integers(4, 0, ...(zip64 ? [0xffffffff, 0xffffffff] : [content.length, content.length])),
        integers(2, encoded.length, extraBytes),
      ]);
    const sizes = integers(8, content.length, content.length);
    const localExtra = zip64 ? Buffer.concat([integers(2, 1, 16), sizes]) : Buffer.alloc(0);
    const extra = zip64 ? Buffer.concat([integers(2, 1, 24), sizes, integers(8, position)]) : Buffer.alloc(0);
    directory.push(
      Buffer.concat([
        integers(4, 0x02014b50),
        integers(2, 45),
        common(extra.length),
        integers(2, 0, 0, 0),
        integers(4, 0, zip64 ? 0xffffffff : position),
        encoded,
        extra,
      ]),
    );
    append(integers(4, 0x04034b50), common(localExtra.length), encoded, localExtra, Buffer.from(content));
  }
  const count = directory.length;
  const start = position;
  append(...directory);
  const sizeBytes = position - start;
  if (zip64) {
    const record = position;
    append(integers(4, 0x06064b50), integers(8, 44), integers(2, 45, 45), integers(4, 0, 0));
    append(integers(8, count, count, sizeBytes, start));
    append(integers(4, 0x07064b50, 0), integers(8, record), integers(4, 1));
  }
  append(integers(4, 0x06054b50), integers(2, 0, 0, count, count));
  append(integers(4, ...(zip64 ? [0xffffffff, 0xffffffff] : [sizeBytes, start])), integers(2, 0));
  return Buffer.concat(parts);
}

function integers(sizeBytes: 2 | 4 | 8, ...values: number[]): Buffer {
  const buffer = Buffer.alloc(sizeBytes * values.length);
  values.forEach((value, index) => {
    if (sizeBytes === 8) buffer.writeBigUInt64LE(BigInt(value), 8 * index);
    else buffer.writeUIntLE(value, sizeBytes * index, sizeBytes);
  });
  return buffer;
}
