/** The network of Wan's autoencoder, or Qwen-Image's, read off its weights' shapes. */
import { type CausalVideoConfig, modelConfigSchema } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import { parse } from '../../../../parse.js';
import { assertSoundVideo } from '../diffusers/video.js';
import { publishedLatents } from './published-latents.js';

/** In tfjs' layout, [T, kh, kw, in, out] of a convolution, by diffusers' names. */
type Shapes = ReadonlyMap<string, readonly number[]>;

const [inputs, outputs] = [3, 4] as const;

interface Level {
  readonly channels: number;
  readonly residuals: number;
  readonly hasAttention: boolean;
  readonly joinsFrames: boolean;
}

/**
 * What the network must be for its weights to have these shapes: of both halves, or of the only one there.
 *
 * @param path of the file, for messages
 */
export function inferWanConfig(shapes: Shapes, path: string): CausalVideoConfig {
  const size = (name: string, axis: number) => {
    const value = shapes.get(name)?.[axis];
    if (value === undefined)
      throw new UserError(`${path} has no convolution ${name}: it is incomplete or another model.`);
    return value;
  };
  const halves = (['encoder', 'decoder'] as const).filter((half) => shapes.has(`${half}.conv_in.weight`));
  const isEncoder = halves[0] === 'encoder';
  const shortcuts = has(shapes, isEncoder ? 'encoder.down_blocks.0.resnets.0.' : 'decoder.up_blocks.0.upsampler.');
  const levels = isEncoder ? encoderLevels(shapes) : nestedLevels(shapes, 'decoder.up_blocks').reverse();
  const [highest] = levels;
  if (highest === undefined) throw new UserError(`${path} has no levels of a known kind: it is another model.`);
  const base = isEncoder ? size('encoder.conv_in.weight', outputs) : highest.channels;
  const multipliers = levels.map(({ channels }) => channels / base);
  const last = multipliers.at(-1) as number;
  const decoderBase = halves.includes('decoder') ? size('decoder.conv_in.weight', outputs) / last : base;
  const patchedChannels = isEncoder ? size('encoder.conv_in.weight', inputs) : size('decoder.conv_out.weight', outputs);
  const patchSize = shortcuts ? patchSizeOf(patchedChannels) : 1;
  const latentChannels = isEncoder ? size('quant_conv.weight', inputs) / 2 : size('post_quant_conv.weight', inputs);
  // All but the lowest level of an encoder halve, and all but the highest of a decoder are doubled into.
  const resampled = isEncoder ? levels.slice(0, -1) : levels.slice(1);
  const temporalDownsampling = resampled.map(({ joinsFrames }) => joinsFrames);
  const config = {
    latent: 'causal-video',
    maker: 'Wan',
    inChannels: patchedChannels / patchSize ** 2,
    latentChannels,
    baseChannels: base,
    ...(decoderBase !== base && { decoderBaseChannels: decoderBase }),
    channelMultipliers: multipliers,
    layersPerBlock: isEncoder ? highest.residuals : highest.residuals - 1,
    attentionScales: levels.flatMap(({ hasAttention }, level) => (hasAttention ? [2 ** -level] : [])),
    temporalDownsampling,
    shortcuts,
    ...(patchSize > 1 && { patchSize }),
    ...publishedLatents(latentChannels),
    passedOn: {
      scaleFactorTemporal: 2 ** temporalDownsampling.filter(Boolean).length,
      scaleFactorSpatial: patchSize * 2 ** temporalDownsampling.length,
    },
    ...(halves.length === 1 && { half: halves[0] }),
  };
  const parsed = parse(modelConfigSchema, config, path) as CausalVideoConfig;
  assertSoundVideo(parsed, path);
  return parsed;
}

const has = (shapes: Shapes, start: string): boolean => [...shapes.keys()].some((name) => name.startsWith(start));

/** Side of the squares that become this many channels of one position; colours are 1, 3 or 4. */
const patchSizeOf = (channels: number): number => [4, 2].find((side) => [1, 3, 4].includes(channels / side ** 2)) ?? 1;

/** From the highest resolution on; without shortcuts, diffusers numbers all layers in a row. */
function encoderLevels(shapes: Shapes): Level[] {
  const nested = nestedLevels(shapes, 'encoder.down_blocks');
  if (nested.length > 0) return nested;
  const levels: Level[] = [];
  let level = { channels: 0, residuals: 0, hasAttention: false, joinsFrames: false };
  for (let number = 0; has(shapes, `encoder.down_blocks.${number}.`); number++) {
    const layer = `encoder.down_blocks.${number}`;
    const convolution = shapes.get(`${layer}.conv1.weight`);
    if (convolution !== undefined) {
      level = { ...level, channels: convolution[outputs] ?? 0, residuals: level.residuals + 1 };
    } else if (shapes.has(`${layer}.to_qkv.weight`)) {
      level = { ...level, hasAttention: true };
    } else {
      levels.push({ ...level, joinsFrames: shapes.has(`${layer}.time_conv.weight`) });
      level = { channels: 0, residuals: 0, hasAttention: false, joinsFrames: false };
    }
  }
  return level.residuals === 0 ? levels : [...levels, level];
}

/** In the order in which they run. */
function nestedLevels(shapes: Shapes, blocks: string): Level[] {
  const levels: Level[] = [];
  for (let level = 0; ; level++) {
    const name = `${blocks}.${level}`;
    const convolution = (layer: number) => shapes.get(`${name}.resnets.${layer}.conv1.weight`);
    const channels = convolution(0)?.[outputs];
    if (channels === undefined) return levels;
    let residuals = 1;
    while (convolution(residuals) !== undefined) residuals++;
    const joinsFrames = ['downsampler', 'upsampler', 'upsamplers.0'].some((own) =>
      shapes.has(`${name}.${own}.time_conv.weight`),
    );
    levels.push({ channels, residuals, hasAttention: false, joinsFrames });
  }
}
