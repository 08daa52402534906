/** DC-AE in ONNX, layer by layer as in src/autoencoder/deep-compression, which a test holds it to. Images are NCHW. */
import type { DeepCompressionConfig } from '../../config/config.js';
import { float } from '../../engine/onnx/graph/model.js';
import type { LayerWriter } from './layers.js';
import { withoutVariance } from './tiny-network.js';

type Activation = DeepCompressionConfig['decoder']['lastActivation'];

/** [B, C, H, W] -> a latent [B, Z, h, w] and its logvar: -30 everywhere. */
export function writeDeepCompressionEncoder(
  writer: LayerWriter,
  config: DeepCompressionConfig,
  images: string,
): [string, string] {
  const { blockOutChannels, layersPerBlock, downsampling, shortcut, blocks } = config.encoder;
  const halve = (name: string, x: string, inChannels: number, outChannels: number, hasShortcut: boolean) => {
    const unshuffle = (value: string, channels: number) => writer.pixelUnshuffle(value, 2, channels);
    const shuffled = () => unshuffle(writer.conv(`${name}.conv`, x), outChannels / 4);
    const main = downsampling === 'shuffle' ? shuffled() : writer.conv(`${name}.conv`, x, { stride: 2 });
    return hasShortcut ? writer.add(main, writer.channelMeans(unshuffle(x, inChannels), outChannels)) : main;
  };
  const firstWidth = blockOutChannels[layersPerBlock[0] === 0 ? 1 : 0] as number;
  let x = writer.has('encoder.conv_in.weight')
    ? writer.conv('encoder.conv_in', images)
    : halve('encoder.conv_in', images, config.inChannels, firstWidth, false);
  blockOutChannels.forEach((channels, index) => {
    const level = `encoder.down_blocks.${index}`;
    const count = layersPerBlock[index] as number;
    for (let layer = 0; layer < count; layer++) {
      const name = `${level}.${layer}`;
      x =
        blocks[index] === 'attention'
          ? attentionBlock(writer, config, name, x)
          : residualBlock(writer, name, 'silu', x);
    }
    const next = blockOutChannels[index + 1];
    if (next !== undefined && count > 0) x = halve(`${level}.${count}`, x, channels, next, true);
  });
  const latent = writer.conv('encoder.conv_out', x);
  return withoutVariance(writer, shortcut ? writer.add(latent, writer.channelMeans(x, config.latentChannels)) : latent);
}

/** [B, Z, h, w] -> [B, C, H, W] */
export function writeDeepCompressionDecoder(
  writer: LayerWriter,
  config: DeepCompressionConfig,
  latents: string,
): string {
  const { blockOutChannels, layersPerBlock, upsampling, shortcut, blocks, activations, lastActivation } =
    config.decoder;
  const double = (name: string, x: string, inChannels: number, outChannels: number, hasShortcut: boolean) => {
    const shuffles = upsampling === 'shuffle';
    const main = shuffles
      ? writer.pixelShuffle(writer.conv(`${name}.conv`, x), 2)
      : writer.conv(`${name}.conv`, writer.upsampleNearest2x(x));
    if (!hasShortcut) return main;
    return writer.add(main, writer.pixelShuffle(channelCopies(writer, x, inChannels, outChannels * 4), 2));
  };
  const last = blockOutChannels.at(-1) as number;
  let x = writer.conv('decoder.conv_in', latents);
  if (shortcut) x = writer.add(x, channelCopies(writer, latents, config.latentChannels, last));
  for (let index = blockOutChannels.length - 1; index >= 0; index--) {
    const level = `decoder.up_blocks.${index}`;
    const count = layersPerBlock[index] as number;
    const below = blockOutChannels[index + 1];
    const doubles = below !== undefined && count !== 0;
    if (doubles) x = double(`${level}.0`, x, below, blockOutChannels[index] as number, true);
    for (let layer = 0; layer < count; layer++) {
      const name = `${level}.${layer + (doubles ? 1 : 0)}`;
      const activation = activations[index] as Activation;
      x =
        blocks[index] === 'attention'
          ? attentionBlock(writer, config, name, x)
          : residualBlock(writer, name, activation, x);
    }
  }
  x = activate(writer, lastActivation, channelNorm(writer, 'decoder.norm_out', x));
  if (writer.has('decoder.conv_out.weight')) return writer.conv('decoder.conv_out', x);
  return double('decoder.conv_out', x, 0, config.inChannels, false);
}

function activate(writer: LayerWriter, kind: Activation, x: string): string {
  if (kind === 'silu') return writer.silu(x);
  const { graph } = writer;
  return kind === 'relu' ? writer.relu(x) : graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)]);
}

/** By root mean square, or by running statistics where the network has them. */
function channelNorm(writer: LayerWriter, name: string, x: string): string {
  const { graph } = writer;
  const constant = (part: string) => graph.reshape(writer.constant(`${name}.${part}`), [-1, 1, 1]);
  const epsilon = graph.scalar(1e-5);
  if (writer.has(`${name}.running_mean`)) {
    const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => writer.constant(`${name}.${part}`));
    return graph.node('BatchNormalization', [x, ...parts], { epsilon: float(1e-5) });
  }
  const meanSquare = graph.node('ReduceMean', [graph.node('Mul', [x, x]), graph.int64s([1])], { keepdims: 1 });
  const root = graph.node('Sqrt', [graph.node('Add', [meanSquare, epsilon])]);
  return writer.add(graph.node('Mul', [graph.node('Div', [x, root]), constant('weight')]), constant('bias'));
}

/** Every channel as often one after the other as makes `outChannels`. */
function channelCopies(writer: LayerWriter, x: string, inChannels: number, outChannels: number): string {
  const copies = Array.from({ length: outChannels }, (_, channel) => Math.floor((channel * inChannels) / outChannels));
  return writer.channels(x, copies);
}

function residualBlock(writer: LayerWriter, name: string, activation: Activation, x: string): string {
  const hidden = activate(writer, activation, writer.conv(`${name}.conv1`, x));
  return writer.add(channelNorm(writer, `${name}.norm`, writer.conv(`${name}.conv2`, hidden)), x);
}

function attentionBlock(writer: LayerWriter, config: DeepCompressionConfig, name: string, x: string): string {
  return gatedConvolution(writer, `${name}.conv_out`, linearAttention(writer, config, `${name}.attn`, x));
}

function linearAttention(writer: LayerWriter, config: DeepCompressionConfig, name: string, x: string): string {
  const { graph } = writer;
  const headDim = config.attentionHeadDim;
  const projected = ['to_q', 'to_k', 'to_v'].map((part) => pointwise(writer, `${name}.${part}`, x));
  const image = graph.concat(projected, 1); // [B, 3·inner, h, w]
  const scales: string[] = [];
  while (writer.has(`${name}.to_qkv_multiscale.${scales.length}.proj_in.weight`)) {
    const scale = `${name}.to_qkv_multiscale.${scales.length}`;
    scales.push(grouped(writer, `${scale}.proj_out`, grouped(writer, `${scale}.proj_in`, image)));
  }
  const all = graph.concat([image, ...scales], 1);
  const batch = graph.multiple('Split', [graph.node('Shape', [all])], 4, { num_outputs: 4 })[0] as string;
  const toHeads = graph.node('Concat', [batch, graph.int64s([-1, 3 * headDim]), positionsOf(writer, all)], { axis: 0 });
  const perHead = graph.node('Reshape', [all, toHeads]); // [B, G, 3d, N]
  const [query, key, value] = graph.split(perHead, [headDim, headDim, headDim], 2) as [string, string, string];
  const [q, k] = [writer.relu(query), writer.relu(key)]; // [B, G, d, N]
  const context = graph.node('MatMul', [value, graph.transpose(k, [0, 1, 3, 2])]); // [B, G, d, d]
  const sums = graph.node('ReduceSum', [k, graph.int64s([3])], { keepdims: 1 }); // [B, G, d, 1]
  const weights = graph.node('ReduceSum', [graph.node('Mul', [q, sums]), graph.int64s([2])], { keepdims: 1 }); // [B, G, 1, N]
  const mixed = graph.node('Div', [
    graph.node('MatMul', [context, q]),
    graph.node('Add', [weights, graph.scalar(1e-15)]),
  ]);
  const [first, , height, width] = graph.multiple('Split', [graph.node('Shape', [x])], 4, {
    num_outputs: 4,
  }) as string[];
  const toImage = graph.node('Concat', [first, graph.int64s([-1]), height, width] as string[], { axis: 0 });
  const out = pointwise(writer, `${name}.to_out`, graph.node('Reshape', [mixed, toImage]));
  return writer.add(channelNorm(writer, `${name}.norm_out`, out), x);
}

/** The number of positions of an image, as a shape of one axis. */
function positionsOf({ graph }: LayerWriter, x: string): string {
  const [, , height, width] = graph.multiple('Split', [graph.node('Shape', [x])], 4, { num_outputs: 4 }) as string[];
  return graph.node('Mul', [height, width] as string[]);
}

/** A dense layer without bias over the channels, as a 1×1 convolution. */
function pointwise({ graph, constant, shapeOf }: LayerWriter, name: string, x: string): string {
  const [inputs = 0, outputs = 0] = shapeOf(`${name}.weight`);
  const filter = graph.reshape(graph.transpose(constant(`${name}.weight`), [1, 0]), [outputs, inputs, 1, 1]);
  return graph.node('Conv', [x, filter], { kernel_shape: [1, 1] });
}

/** A convolution in groups, as many as its filter asks for. */
function grouped(writer: LayerWriter, name: string, x: string): string {
  const [, , width = 1, channels = 1] = writer.shapeOf(`${name}.weight`);
  return writer.conv(name, x, { groups: channels / width });
}

function gatedConvolution(writer: LayerWriter, name: string, x: string): string {
  const { graph } = writer;
  const wide = grouped(writer, `${name}.conv_depth`, writer.silu(writer.conv(`${name}.conv_inverted`, x)));
  const [main, gate] = graph.multiple('Split', [wide], 2, { axis: 1, num_outputs: 2 }) as [string, string];
  const point = writer.conv(`${name}.conv_point`, graph.node('Mul', [main, writer.silu(gate)]));
  return writer.add(channelNorm(writer, `${name}.norm`, point), x);
}
