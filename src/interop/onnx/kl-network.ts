/** The network of LDM's blocks in ONNX, layer by layer as in src/autoencoder, which a test holds it to. */
import { patchSizeOf } from '../../autoencoder/kl/latent-patch.js';
import {
  decoderLevels,
  downsamplingFactor,
  type KlModelConfig,
  type SpatialModelConfig,
  vaeChannelsOf,
} from '../../config/config.js';
import type { LayerWriter, NormOptions } from './layers.js';
import { withoutVariance } from './tiny-network.js';

const norm = ({ normNumGroups }: KlModelConfig): NormOptions => ({ groups: normNumGroups, epsilon: 1e-6 });

/** [B, C, H, W] -> mean and logvar [B, Z, h, w] each, logvar in [-30, 20]. */
export function writeKlEncoder(writer: LayerWriter, config: KlModelConfig, images: string): [string, string] {
  const { graph } = writer;
  let x = config.stem === undefined ? ldmDown(writer, config, images) : stemDown(writer, config, config.stem, images);
  x = writer.silu(writer.groupNorm('encoder.conv_norm_out', x, norm(config)));
  if (config.latent === 'vector') x = momentsOfVector(writer, x);
  else x = writer.conv('encoder.conv_out', x);
  if (writer.has('quant_conv.weight')) x = writer.conv('quant_conv', x); // [B, 2Z, h, w]
  const patch = patchSizeOf(config);
  const patched = (value: string) =>
    patch === 1 ? value : writer.pixelUnshuffle(value, patch, vaeChannelsOf(config as SpatialModelConfig));
  if (config.posterior === 'deterministic') return withoutVariance(writer, patched(x)); // x: [B, Z, h, w]
  if (config.posterior === 'quantized') return withoutVariance(writer, patched(chosenCodes(writer, x)));
  const [mean, logvar] = graph.multiple('Split', [x], 2, { axis: 1, num_outputs: 2 }) as [string, string];
  return [patched(mean), patched(graph.node('Clip', [logvar, graph.scalar(-30), graph.scalar(20)]))];
}

/** [B, Z, h, w] -> [B, C, H, W] */
export function writeKlDecoder(writer: LayerWriter, config: KlModelConfig, latents: string): string {
  const patch = patchSizeOf(config);
  const latent = patch === 1 ? latents : writer.pixelShuffle(latents, patch); // [B, Z, h, w]
  let x = writer.has('post_quant_conv.weight') ? writer.conv('post_quant_conv', latent) : latent;
  x = config.latent === 'vector' ? imageOfVector(writer, config, x) : writer.conv('decoder.conv_in', x);
  x = config.stem === undefined ? ldmUp(writer, config, x) : stemUp(writer, config, x);
  x = writer.conv('decoder.conv_out', writer.silu(writer.groupNorm('decoder.conv_norm_out', x, norm(config))));
  return config.stem === undefined ? x : writer.pixelShuffle(x, config.stem);
}

/** LDM's levels, from full resolution down, and its mid block. */
function ldmDown(writer: LayerWriter, config: KlModelConfig, images: string): string {
  const levels = config.blockOutChannels.length;
  let x = writer.conv('encoder.conv_in', images);
  for (let level = 0; level < levels; level++) {
    const block = `encoder.down_blocks.${level}`;
    for (let layer = 0; layer < config.layersPerBlock; layer++) x = blockLayer(writer, config, block, layer, x);
    // One row and column of zeros go to the bottom and right only.
    const halving = { stride: 2, pads: [0, 0, 1, 1] } as const;
    if (level < levels - 1) x = writer.conv(`${block}.downsamplers.0.conv`, x, halving); // [B, C, H/2, W/2]
  }
  return midBlock(writer, config, 'encoder.mid_block', x);
}

function ldmUp(writer: LayerWriter, config: KlModelConfig, latents: string): string {
  const { layersPerBlock } = decoderLevels(config);
  const levels = config.blockOutChannels.length;
  let x = midBlock(writer, config, 'decoder.mid_block', latents);
  for (let level = 0; level < levels; level++) {
    const block = `decoder.up_blocks.${level}`;
    for (let layer = 0; layer <= layersPerBlock; layer++) x = blockLayer(writer, config, block, layer, x);
    if (level < levels - 1) x = writer.conv(`${block}.upsamplers.0.conv`, writer.upsampleNearest2x(x));
  }
  return x;
}

/** The levels of a network with a stem. */
function stemDown(writer: LayerWriter, config: KlModelConfig, stem: number, images: string): string {
  const { blockOutChannels, inChannels } = config;
  let x = writer.conv('encoder.conv_in', writer.pixelUnshuffle(images, stem, inChannels));
  blockOutChannels.forEach((channels, level) => {
    const block = `encoder.down_blocks.${level}`;
    x = levelLayers(writer, config, block, x);
    if (level === blockOutChannels.length - 1) return;
    x = writer.conv(`${block}.downsamplers.0.conv`, writer.pixelUnshuffle(x, 2, channels)); // [B, C', H/2, W/2]
  });
  return midAttention(writer, config, 'encoder.mid_block', x);
}

function stemUp(writer: LayerWriter, config: KlModelConfig, latents: string): string {
  let x = midAttention(writer, config, 'decoder.mid_block', latents);
  for (let level = 0; level < config.blockOutChannels.length; level++) {
    const block = `decoder.up_blocks.${level}`;
    x = levelLayers(writer, config, block, x);
    const upsampler = `${block}.upsamplers.0.conv`;
    if (writer.has(`${upsampler}.weight`)) x = writer.pixelShuffle(writer.conv(upsampler, x), 2); // [B, C', 2h, 2w]
  }
  return x;
}

/** As many blocks as the network has there. */
function levelLayers(writer: LayerWriter, config: KlModelConfig, block: string, x: string): string {
  let result = x;
  for (let layer = 0; writer.has(`${block}.resnets.${layer}.conv1.weight`); layer++) {
    result = blockLayer(writer, config, block, layer, result);
  }
  return result;
}

function midAttention(writer: LayerWriter, config: KlModelConfig, name: string, x: string): string {
  const attention = `${name}.attentions.0`;
  return writer.has(`${attention}.to_q.weight`) ? attentionBlock(writer, config, attention, x) : x;
}

/** [B, Z, h, w] -> the entry of the codebook with the highest score at every position. */
function chosenCodes(writer: LayerWriter, x: string): string {
  const { graph, constant } = writer;
  const codebook = 'quantize.embedding.weight'; // [Z, K]
  const vectors = graph.transpose(x, [0, 2, 3, 1]); // [B, h, w, Z]
  const [factors, offsets] = writer.has(`${projection}.weight`)
    ? [graph.reshape(constant(`${projection}.weight`), [...writer.shapeOf(codebook)]), constant(`${projection}.bias`)]
    : nearness(writer, codebook);
  const scores = graph.node('Add', [graph.node('MatMul', [vectors, factors]), offsets]); // [B, h, w, K]
  const codes = graph.node('ArgMax', [scores], { axis: 3, keepdims: 0 }); // [B, h, w]
  const nearest = graph.node('Gather', [graph.transpose(constant(codebook), [1, 0]), codes], { axis: 0 }); // [B, h, w, Z]
  return graph.transpose(nearest, [0, 3, 1, 2]); // [B, Z, h, w]
}

const projection = 'quantize.proj';

/** What makes 2 x·e_k - |e_k|², which is greatest for the nearest entry: 2 e [Z, K] and -|e|² [K]. */
function nearness({ graph, constant }: LayerWriter, codebook: string): [string, string] {
  const entries = constant(codebook);
  const squares = graph.node('ReduceSumSquare', [entries, graph.int64s([0])], { keepdims: 0 }); // [K]
  return [graph.node('Add', [entries, entries]), graph.node('Neg', [squares])];
}

function momentsOfVector(writer: LayerWriter, x: string): string {
  const { graph } = writer;
  const flat = graph.reshape(graph.transpose(x, [0, 2, 3, 1]), [0, -1]); // [B, hwC]
  return graph.reshape(writer.dense('encoder.to_moments', flat), [0, -1, 1, 1]); // [B, 2Z, 1, 1]
}

function imageOfVector(writer: LayerWriter, config: KlModelConfig, latents: string): string {
  const { graph } = writer;
  const side = config.imageSize / downsamplingFactor(config);
  const rows = writer.dense('decoder.from_latent', graph.reshape(latents, [0, -1])); // [B, hwC]
  return graph.transpose(graph.reshape(rows, [0, side, side, -1]), [0, 3, 1, 2]); // [B, C, h, w]
}

/** A resnet block, and attention after it where the level has it. */
function blockLayer(writer: LayerWriter, config: KlModelConfig, block: string, layer: number, x: string): string {
  const hidden = resnetBlock(writer, config, `${block}.resnets.${layer}`, x);
  const attention = `${block}.attentions.${layer}`;
  return writer.has(`${attention}.to_q.weight`) ? attentionBlock(writer, config, attention, hidden) : hidden;
}

function midBlock(writer: LayerWriter, config: KlModelConfig, name: string, x: string): string {
  return resnetBlock(writer, config, `${name}.resnets.1`, blockLayer(writer, config, name, 0, x));
}

function resnetBlock(writer: LayerWriter, config: KlModelConfig, name: string, x: string): string {
  const half = (index: 1 | 2, input: string) =>
    writer.conv(`${name}.conv${index}`, writer.silu(writer.groupNorm(`${name}.norm${index}`, input, norm(config))));
  const shortcut = writer.has(`${name}.conv_shortcut.weight`) ? writer.conv(`${name}.conv_shortcut`, x) : x;
  return writer.add(shortcut, half(2, half(1, x)));
}

function attentionBlock(writer: LayerWriter, config: KlModelConfig, name: string, x: string): string {
  const { graph } = writer;
  const [channels] = writer.shapeOf(`${name}.to_q.weight`) as [number];
  const planes = graph.reshape(writer.groupNorm(`${name}.group_norm`, x, norm(config)), [0, 0, -1]); // [B, C, HW]
  const positions = graph.transpose(planes, [0, 2, 1]); // [B, HW, C]
  const [query, key, value] = ['to_q', 'to_k', 'to_v'].map((part) => writer.dense(`${name}.${part}`, positions)) as [
    string,
    string,
    string,
  ];
  const mixed = writer.attend(query, key, value, channels); // [B, HW, C]
  const out = graph.transpose(writer.dense(`${name}.to_out.0`, mixed), [0, 2, 1]); // [B, C, HW]
  return writer.add(x, graph.node('Reshape', [out, graph.node('Shape', [x])]));
}
