/** Reads event files field by field, by the numbers of TensorBoard's event.proto and summary.proto. */
import { readFile } from 'node:fs/promises';
import protobuf from 'protobufjs/minimal.js';
import { maskedChecksum } from '../../src/training/log/events/record.js';

export interface ReadEvent {
  readonly unixSeconds: number;
  readonly step: number;
  readonly scalars: ReadonlyMap<string, number>;
  readonly pictures: ReadonlyMap<string, Buffer>;
}

/** The events that hold figures or pictures, after the checksums of all. */
export async function readEvents(path: string): Promise<ReadEvent[]> {
  const bytes = await readFile(path);
  const events: ReadEvent[] = [];
  for (let position = 0; position < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(position));
    const data = bytes.subarray(position + 12, position + 12 + length);
    const sums = [bytes.readUInt32LE(position + 8), bytes.readUInt32LE(position + 12 + length)];
    const wanted = [maskedChecksum(bytes.subarray(position, position + 8)), maskedChecksum(data)];
    if (String(sums) !== String(wanted)) throw new Error(`${path}: a checksum at byte ${position} is wrong.`);
    const event = eventOf(data);
    if (event.scalars.size + event.pictures.size > 0) events.push(event);
    position += 16 + length;
  }
  return events;
}

/** Hands each field to the reader of its number, and passes over those that have none. */
function eachField(data: Uint8Array, readers: Readonly<Record<number, (reader: protobuf.Reader) => void>>): void {
  const reader = protobuf.Reader.create(data);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const read = readers[tag >>> 3];
    if (read) read(reader);
    else reader.skipType(tag & 7);
  }
}

function eventOf(data: Uint8Array): ReadEvent {
  let [unixSeconds, step] = [0, 0];
  const scalars = new Map<string, number>();
  const pictures = new Map<string, Buffer>();
  const value = (bytes: Uint8Array) => {
    let tag = '';
    eachField(bytes, {
      1: (reader) => {
        tag = reader.string();
      },
      2: (reader) => scalars.set(tag, reader.float()),
      4: (reader) => eachField(reader.bytes(), { 4: (image) => pictures.set(tag, Buffer.from(image.bytes())) }),
    });
  };
  eachField(data, {
    1: (reader) => {
      unixSeconds = reader.double();
    },
    2: (reader) => {
      step = Number(reader.int64());
    },
    5: (reader) => eachField(reader.bytes(), { 1: (summary) => value(summary.bytes()) }),
  });
  return { unixSeconds, step, scalars, pictures };
}
