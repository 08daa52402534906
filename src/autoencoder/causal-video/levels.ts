/** What the levels of a causal video autoencoder are made of, by diffusers' names: one plan for every way to compute it. */
import type { CausalVideoConfig } from '../../config/config.js';

export interface VideoLayer {
  readonly kind: 'residual' | 'attention' | 'halve' | 'double';
  /** Within its half. */
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Whether it halves or doubles the frames too, with weights that one frame passes by. */
  readonly joinsFrames: boolean;
}

/** What goes around a level: means of groups of channels on the way down, copies on the way up. */
export interface VideoShortcut {
  readonly inChannels: number;
  readonly outChannels: number;
  /** How many times the level changes the sides. */
  readonly factor: number;
  /** Frames that become one; all but the last are empty where there is one frame. */
  readonly frames: number;
}

export interface VideoLevel {
  readonly layers: readonly VideoLayer[];
  readonly shortcut?: VideoShortcut | undefined;
}

export interface VideoHalf {
  readonly firstChannels: number;
  /** Of the mid block, which stands after an encoder's levels and before a decoder's. */
  readonly midChannels: number;
  readonly levels: readonly VideoLevel[];
  readonly lastChannels: number;
}

export function encoderHalf(config: CausalVideoConfig): VideoHalf {
  const { baseChannels, channelMultipliers, layersPerBlock, attentionScales, temporalDownsampling, shortcuts } = config;
  const widths = [1, ...channelMultipliers].map((multiplier) => multiplier * baseChannels);
  let numbered = 0;
  const levels = channelMultipliers.map((_, level): VideoLevel => {
    const [inChannels, outChannels] = [widths[level] as number, widths[level + 1] as number];
    const nameOf = (own: string) => `down_blocks.${shortcuts ? `${level}.${own}` : numbered++}`;
    const isLast = level === channelMultipliers.length - 1;
    const joinsFrames = !isLast && (temporalDownsampling[level] as boolean);
    const layers: VideoLayer[] = [];
    for (let index = 0; index < layersPerBlock; index++) {
      layers.push(residual(nameOf(`resnets.${index}`), index === 0 ? inChannels : outChannels, outChannels));
      const hasAttention = !shortcuts && attentionScales.includes(2 ** -level);
      if (hasAttention) layers.push({ ...residual(nameOf(''), outChannels, outChannels), kind: 'attention' });
    }
    if (!isLast)
      layers.push({ ...residual(nameOf('downsampler'), outChannels, outChannels), kind: 'halve', joinsFrames });
    const shortcut = { inChannels, outChannels, factor: isLast ? 1 : 2, frames: joinsFrames ? 2 : 1 };
    return { layers, ...(shortcuts && { shortcut }) };
  });
  const last = widths.at(-1) as number;
  return { firstChannels: baseChannels, midChannels: last, levels, lastChannels: last };
}

export function decoderHalf(config: CausalVideoConfig): VideoHalf {
  const { channelMultipliers, layersPerBlock, temporalDownsampling, shortcuts } = config;
  const { decoderBaseChannels = config.baseChannels } = config;
  const widths = [...channelMultipliers].reverse().map((multiplier) => multiplier * decoderBaseChannels);
  const first = widths[0] as number;
  const temporalUpsampling = [...temporalDownsampling].reverse();
  const half = (channels: number) => Math.floor(channels / 2);
  const levels = widths.map((outChannels, index): VideoLevel => {
    const above = widths[index - 1] ?? first;
    // Without shortcuts, doubling the resolution halves the channels.
    const inChannels = index > 0 && !shortcuts ? half(above) : above;
    const block = `up_blocks.${index}`;
    const isLast = index === widths.length - 1;
    const joinsFrames = !isLast && (temporalUpsampling[index] as boolean);
    const layers = Array.from({ length: layersPerBlock + 1 }, (_, layer) =>
      residual(`${block}.resnets.${layer}`, layer === 0 ? inChannels : outChannels, outChannels),
    );
    if (isLast) return { layers };
    const doubled = shortcuts
      ? residual(`${block}.upsampler`, outChannels, outChannels)
      : residual(`${block}.upsamplers.0`, outChannels, half(outChannels));
    const shortcut = { inChannels, outChannels, factor: 2, frames: joinsFrames ? 2 : 1 };
    return { layers: [...layers, { ...doubled, kind: 'double', joinsFrames }], ...(shortcuts && { shortcut }) };
  });
  return { firstChannels: first, midChannels: first, levels, lastChannels: widths.at(-1) as number };
}

const residual = (name: string, inChannels: number, outChannels: number): VideoLayer => ({
  kind: 'residual',
  name,
  inChannels,
  outChannels,
  joinsFrames: false,
});
