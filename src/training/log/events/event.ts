/** TensorBoard's events: the part of its event.proto and summary.proto that scalars and pictures need. */
import protobuf from 'protobufjs/light.js';
import { framedRecord } from './record.js';

/** What all events of a step have. */
export interface EventTime {
  readonly step: number;
  /** By the clock, since 1970. */
  readonly unixSeconds: number;
}

/** A PNG file, and what it stands under. */
export interface EventPicture {
  readonly tag: string;
  readonly png: Uint8Array;
}

const field = (type: string, id: number, rule?: 'repeated') => ({ type, id, ...(rule && { rule }) });

const Event = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: field('double', 1),
        step: field('int64', 2),
        fileVersion: field('string', 3),
        summary: field('Summary', 5),
        sessionLog: field('SessionLog', 7),
      },
    },
    SessionLog: { fields: { status: field('int32', 1) } },
    Summary: { fields: { value: field('Value', 1, 'repeated') } },
    Value: {
      // Without it a figure that is 0 would be left out.
      oneofs: { value: { oneof: ['simpleValue', 'image'] } },
      fields: { tag: field('string', 1), simpleValue: field('float', 2), image: field('Image', 4) },
    },
    Image: {
      fields: {
        height: field('int32', 1),
        width: field('int32', 2),
        colorspace: field('int32', 3),
        encodedImageString: field('bytes', 4),
      },
    },
  },
}).lookupType('Event');

const record = (event: object): Buffer => framedRecord(Event.encode(Event.fromObject(event)).finish());

const sessionStart = 1;

/**
 * What a file begins with. A reader that has seen an earlier file of this run drops what it holds: this one has all of it.
 */
export function fileHead(unixSeconds: number): Buffer {
  return Buffer.concat([
    record({ wallTime: unixSeconds, fileVersion: 'brain.Event:2' }),
    record({ wallTime: unixSeconds, sessionLog: { status: sessionStart } }),
  ]);
}

/** All scalars of a step. */
export function scalarEvent({ step, unixSeconds }: EventTime, scalars: ReadonlyMap<string, number>): Buffer {
  const value = [...scalars].map(([tag, simpleValue]) => ({ tag, simpleValue }));
  return record({ wallTime: unixSeconds, step, summary: { value } });
}

export function pictureEvent({ step, unixSeconds }: EventTime, { tag, png }: EventPicture): Buffer {
  const image = { ...pngFacts(png), encodedImageString: png };
  return record({ wallTime: unixSeconds, step, summary: { value: [{ tag, image }] } });
}

/** By the PNG's own code of its colours (RFC 2083, 4.1.1): grey, RGB, a palette, grey with alpha, RGB with alpha. */
const colorspaces: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** Sizes and colours from a PNG's first chunk. */
function pngFacts(png: Uint8Array): { width: number; height: number; colorspace: number } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20), colorspace: colorspaces[view.getUint8(25)] ?? 3 };
}
