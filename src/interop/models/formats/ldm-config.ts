/** The network of an autoencoder of LDM's blocks, read off its weights' shapes. */
import { modelConfigSchema, type SpatialModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import { parse } from '../../../parse.js';

/** In tfjs' layout, by diffusers' names. */
type Shapes = ReadonlyMap<string, readonly number[]>;

/** The group size that LDM writes into its code, so that no file tells it. */
const ldmNormGroups = 32;

const codebookName = 'quantize.embedding.weight';

/**
 * What the network must be for its weights to have these shapes: of both halves, or of the only one there.
 *
 * @param path of the file, for messages
 */
export function inferLdmConfig(shapes: Shapes, path: string): SpatialModelConfig {
  const halves = (['encoder', 'decoder'] as const).filter((half) => shapes.has(`${half}.conv_in.weight`));
  const [half] = halves;
  if (half === undefined)
    throw new UserError(`${path} has no convolution encoder.conv_in.weight: it is another model.`);
  const read = readerOf(shapes, path);
  const levels = {
    encoder: read.levels('encoder', 'down_blocks'),
    decoder: read.levels('decoder', 'up_blocks').reverse(),
  };
  const own = levels[half];
  for (const there of halves) {
    // Throws where it is missing.
    read.size(`${there}.${there === 'encoder' ? 'down' : 'up'}_blocks.0.resnets.0.conv1.weight`, 3);
    read.size(`${there}.conv_out.weight`, 3);
  }
  const resnets = read.count(
    (layer) => `${half}.${half === 'encoder' ? 'down' : 'up'}_blocks.0.resnets.${layer}.conv1.weight`,
  );
  const isWhole = halves.length === 2;
  assertNormalised([...levels.encoder, ...levels.decoder], path);
  const attention = { encoder: attentionLevels(levels.encoder), decoder: attentionLevels(levels.decoder) };
  const config = {
    latent: 'spatial',
    inChannels: half === 'encoder' ? read.size('encoder.conv_in.weight', 2) : read.size('decoder.conv_out.weight', 3),
    imageSize: 256,
    blockOutChannels: own.map(({ channels }) => channels),
    layersPerBlock: half === 'encoder' ? resnets : resnets - 1,
    normNumGroups: ldmNormGroups,
    attentionLevels: attention[half],
    midBlockAttention: shapes.has(`${half}.mid_block.attentions.0.group_norm.weight`),
    ...latentOf(shapes, read, path),
    useQuantConv: shapes.has('quant_conv.weight') || (half === 'decoder' && shapes.has('post_quant_conv.weight')),
    usePostQuantConv:
      shapes.has('post_quant_conv.weight') || (half === 'encoder' && !isWhole && shapes.has('quant_conv.weight')),
    ...(isWhole &&
      attention.encoder.join() !== attention.decoder.join() && { decoderAttentionLevels: attention.decoder }),
    ...(isWhole && decoderWidths(levels)),
    ...(!isWhole && { half }),
  };
  return parse(modelConfigSchema, config, path) as SpatialModelConfig;
}

/** No file without a config.json tells the groups of its normalisation. */
function assertNormalised(levels: readonly Level[], path: string): void {
  const odd = levels.find(({ channels }) => channels % ldmNormGroups !== 0);
  if (odd === undefined) return;
  throw new UserError(
    `${path} has a level of ${odd.channels} channels, wanted multiples of the ${ldmNormGroups} that LDM normalises together: put ` +
      'the config.json of diffusers, whose norm_num_groups tells another number, beside diffusion_pytorch_model.safetensors.',
  );
}

interface Level {
  readonly channels: number;
  readonly hasAttention: boolean;
}

function readerOf(shapes: Shapes, path: string) {
  const size = (name: string, axis: number) => {
    const value = shapes.get(name)?.[axis];
    if (value === undefined)
      throw new UserError(`${path} has no convolution ${name}: it is incomplete or another model.`);
    return value;
  };
  const count = (nameOf: (index: number) => string) => {
    let index = 0;
    while (shapes.has(nameOf(index))) index++;
    return index;
  };
  /** In the order in which they run. */
  const levels = (half: string, blocks: string): Level[] => {
    const conv = (level: number) => `${half}.${blocks}.${level}.resnets.0.conv1.weight`;
    return Array.from({ length: count(conv) }, (_, level) => ({
      channels: size(conv(level), 3),
      hasAttention: shapes.has(`${half}.${blocks}.${level}.attentions.0.group_norm.weight`),
    }));
  };
  return { size, count, levels };
}

const attentionLevels = (levels: readonly Level[]): number[] =>
  levels.flatMap(({ hasAttention }, level) => (hasAttention ? [level] : []));

function decoderWidths({ encoder, decoder }: Record<'encoder' | 'decoder', readonly Level[]>) {
  const widths = (levels: readonly Level[]) => levels.map(({ channels }) => channels);
  const isMirrored = widths(encoder).join() === widths(decoder).join();
  return isMirrored || decoder.length === 0 ? {} : { decoderBlockOutChannels: widths(decoder) };
}

/** Channels of the latent, and what the encoder makes of them: a Gaussian, or codes. */
function latentOf(shapes: Shapes, read: ReturnType<typeof readerOf>, path: string) {
  const made = shapes.has('quant_conv.weight')
    ? read.size('quant_conv.weight', 3)
    : shapes.get('encoder.conv_out.weight')?.[3];
  const taken = shapes.has('post_quant_conv.weight')
    ? read.size('post_quant_conv.weight', 2)
    : shapes.get('decoder.conv_in.weight')?.[2];
  const codebook = shapes.get(codebookName);
  const latentChannels = taken ?? codebook?.[0] ?? (made as number) / 2;
  const posterior = posteriorOf(codebook, made, latentChannels, shapes.has('quantize.proj.weight'), path);
  const width = posterior.posterior === 'gaussian' ? 2 : 1;
  const inner = shapes.get('decoder.conv_in.weight')?.[2] ?? (shapes.get('encoder.conv_out.weight')?.[3] ?? 0) / width;
  return { latentChannels, ...posterior, ...(inner !== latentChannels && { zChannels: inner }) };
}

function posteriorOf(
  codebook: readonly number[] | undefined,
  made: number | undefined,
  latentChannels: number,
  isProjected: boolean,
  path: string,
) {
  if (codebook !== undefined) {
    return { posterior: 'quantized', codes: codebook[1], ...(isProjected && { codeChoice: 'projection' }) };
  }
  if (made === undefined || made === 2 * latentChannels) return { posterior: 'gaussian' };
  if (made === latentChannels) return { posterior: 'deterministic' };
  const got = `${made} channels of its encoder for ${latentChannels} of its decoder`;
  throw new UserError(`${path}: got ${got}, wanted twice as many: it is no autoencoder with a Gaussian posterior.`);
}
