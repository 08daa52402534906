/** Pictures of more than 8 bits per value: which numbers mean black and white. */
import type { Metadata, Sharp } from 'sharp';
import { UnreadableImage } from '../../skipped.js';

/** The values that become black and white. */
export type ValueRange = readonly [low: number, high: number];

const depthNames: Readonly<Record<string, string>> = {
  char: 'signed 8-bit',
  short: 'signed 16-bit',
  uint: '32-bit',
  int: 'signed 32-bit',
  float: '32-bit floating-point',
  double: '64-bit floating-point',
  complex: 'complex',
  dpcomplex: 'complex',
};

/** 16-bit pictures whose values end here were made by cameras and scanners of 10, 12 or 14 bits. */
const largestOf14Bits = 2 ** 14 - 1;

/** Pixels as a range turned them into bytes. */
export interface RangedPixels {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/**
 * The pixels of a picture of more than 8 bits per value, mapped linearly from `range` to bytes; undefined for one that is read
 * as it is: of 8 bits, or of 16 where no range is given.
 *
 * @param open opens the picture, as often as it is wanted
 * @throws UnreadableImage where nobody said what its values mean, or they lie beyond the range: nothing is ever clipped
 */
export async function rangedPixels(
  open: () => Sharp,
  { depth, space, channels, hasAlpha }: Metadata,
  range: ValueRange | undefined,
): Promise<RangedPixels | undefined> {
  if (depth === 'uchar') return undefined;
  if (depth === 'ushort') {
    if (range === undefined) return assertFull16Bits(open(), hasAlpha);
  } else if (depthNames[depth] === undefined || (channels !== 1 && channels !== 3)) {
    throw new UnreadableImage(
      `holds ${channels} channels of ${depthNames[depth] ?? depth} values, wanted 8 or 16 bits`,
    );
  }
  // libvips takes these for unsigned ones, and every negative value for 0.
  if (depth === 'short' || depth === 'char') {
    throw new UnreadableImage(
      `holds ${depthNames[depth]} values, which are not read: save it as 32-bit integers or floats`,
    );
  }
  const target = depth === 'ushort' ? 'rgb16' : space;
  const values = open()
    .pipelineColourspace(target ?? 'b-w')
    .toColourspace(target ?? 'b-w');
  const { data, info } = await values.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true });
  const floats = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  const { low, high } = extremesOf(floats, info.channels, hasAlpha);
  const got = `${depth === 'ushort' ? '16-bit' : depthNames[depth]} values from ${shown(low)} to ${shown(high)}`;
  if (Number.isNaN(low)) throw new UnreadableImage('holds values that are no finite numbers');
  if (range === undefined) {
    throw new UnreadableImage(`holds ${got}, wanted 8 or 16 bits: say what is black and white (--range LOW,HIGH)`);
  }
  if (low < range[0] || high > range[1]) {
    throw new UnreadableImage(`holds ${got}, wanted values within --range ${range.join(',')}`);
  }
  return { ...toRgb(floats, info.channels, hasAlpha, range), width: info.width, height: info.height };
}

async function assertFull16Bits(image: Sharp, hasAlpha: boolean): Promise<undefined> {
  const { channels } = await image.stats();
  const most = Math.max(...(hasAlpha ? channels.slice(0, -1) : channels).map(({ max }) => max));
  if (most === 0 || most > largestOf14Bits) return undefined;
  const bits = Math.max(8, 2 * Math.ceil(Math.log2(most + 1) / 2));
  throw new UnreadableImage(
    `holds 16-bit values up to ${most} only, which would be nearly black: say what is white (--range 0,${2 ** bits - 1}, or ` +
      '--range 0,65535 if it is that dark)',
  );
}

const shown = (value: number) => String(Number(value.toPrecision(6)));

function extremesOf(values: Float32Array, channels: number, hasAlpha: boolean): { low: number; high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    if (hasAlpha && index % channels === channels - 1) continue;
    const value = values[index] as number;
    if (!Number.isFinite(value)) return { low: Number.NaN, high: Number.NaN };
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** Grey becomes RGB; alpha, which only 16-bit pictures have here, goes by its own full range. */
function toRgb(values: Float32Array, channels: number, hasAlpha: boolean, [low, high]: ValueRange) {
  const colours = hasAlpha ? channels - 1 : channels;
  const width: 3 | 4 = hasAlpha ? 4 : 3;
  const pixels = new Uint8Array((values.length / channels) * width);
  for (let from = 0, to = 0; from < values.length; from += channels, to += width) {
    for (let channel = 0; channel < 3; channel++) {
      const value = values[from + Math.min(channel, colours - 1)] as number;
      pixels[to + channel] = Math.round(((value - low) / (high - low)) * 255);
    }
    if (hasAlpha) pixels[to + 3] = Math.round((values[from + colours] as number) / 257);
  }
  return { pixels, channels: width };
}
