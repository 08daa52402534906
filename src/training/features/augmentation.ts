/** Random views of a picture for a classifier that should see what is in it, not how it was framed. */
import type { Picture } from '../../data/pictures/framing/crop.js';
import type { RandomStream } from '../../random.js';

const smallestArea = 0.3;
const largestAspect = 4 / 3;
const colourChange = 0.3;

interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly mirror: boolean;
}

/**
 * A random part of the picture (30 to 100 % of its area, stretched by at most 4/3), resized to `size`², mirrored half of the
 * time, with brightness, contrast and saturation changed by at most 30 %; written as [size, size, 3] in about [-1, 1].
 */
export function writeRandomView(
  picture: Picture,
  size: number,
  random: RandomStream,
  out: Float32Array,
  offset: number,
): void {
  resample(picture, randomView(picture, random), size, out, offset);
  changeColours(out.subarray(offset, offset + size * size * 3), random);
}

function randomView({ width, height }: Picture, random: RandomStream): View {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const side = Math.sqrt(between(smallestArea, 1)) * Math.min(width, height);
  const stretch = Math.sqrt(largestAspect ** between(-1, 1));
  const [viewWidth, viewHeight] = [Math.min(width, side * stretch), Math.min(height, side / stretch)];
  return {
    left: between(0, width - viewWidth),
    top: between(0, height - viewHeight),
    width: viewWidth,
    height: viewHeight,
    mirror: random.uniform() < 0.5,
  };
}

/** Bilinear interpolation between pixel centres. */
function resample(
  { pixels, width, height }: Picture,
  view: View,
  size: number,
  out: Float32Array,
  offset: number,
): void {
  const columns = positions(view.left, view.width, size, width);
  const rows = positions(view.top, view.height, size, height);
  let target = offset;
  for (let row = 0; row < size; row++) {
    const y = rows[row] as Position;
    for (let column = 0; column < size; column++) {
      const x = columns[view.mirror ? size - 1 - column : column] as Position;
      const [topLeft, topRight] = [(y.low * width + x.low) * 3, (y.low * width + x.high) * 3];
      const [bottomLeft, bottomRight] = [(y.high * width + x.low) * 3, (y.high * width + x.high) * 3];
      for (let channel = 0; channel < 3; channel++) {
        const top = mix(pixels[topLeft + channel] as number, pixels[topRight + channel] as number, x.share);
        const bottom = mix(pixels[bottomLeft + channel] as number, pixels[bottomRight + channel] as number, x.share);
        out[target++] = mix(top, bottom, y.share) / 127.5 - 1;
      }
    }
  }
}

/** Between two neighbouring pixels: `share` of the way from `low` to `high`. */
interface Position {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

function positions(start: number, length: number, count: number, limit: number): Position[] {
  return Array.from({ length: count }, (_, index) => {
    const at = Math.min(Math.max(start + ((index + 0.5) * length) / count - 0.5, 0), limit - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, limit - 1), share: at - low };
  });
}

const mix = (a: number, b: number, share: number) => a + (b - a) * share;

/** value -> mean grey + contrast · (…), each pixel first pulled to or from its own grey; all in place. */
function changeColours(values: Float32Array, random: RandomStream): void {
  const factor = () => 1 + colourChange * (2 * random.uniform() - 1);
  const [brightness, contrast, saturation] = [factor() - 1, factor(), factor()];
  let mean = 0;
  for (const value of values) mean += value / values.length;
  for (let pixel = 0; pixel < values.length; pixel += 3) {
    const sum = (values[pixel] as number) + (values[pixel + 1] as number) + (values[pixel + 2] as number);
    const grey = sum / 3;
    for (let channel = 0; channel < 3; channel++) {
      const coloured = mix(grey, values[pixel + channel] as number, saturation);
      values[pixel + channel] = mean + contrast * (coloured - mean) + brightness;
    }
  }
}
