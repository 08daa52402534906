/**
 * One frame of a causal video autoencoder in ONNX, layer by layer as in src/autoencoder/causal-video, which a test holds it to.
 * Images are NCHW.
 */
import {
  decoderHalf,
  encoderHalf,
  type VideoLayer,
  type VideoLevel,
  type VideoShortcut,
} from '../../autoencoder/causal-video/levels.js';
import type { CausalVideoConfig } from '../../config/config.js';
import type { LayerWriter } from './layers.js';

/** [B, C, H, W] -> mean and logvar [B, Z, h, w] each, logvar in [-30, 20]. */
export function writeCausalVideoEncoder(
  writer: LayerWriter,
  config: CausalVideoConfig,
  images: string,
): [string, string] {
  const { graph } = writer;
  const { patchSize = 1, inChannels } = config;
  const swapped = () => writer.pixelUnshuffle(swapSides(writer, images), patchSize, inChannels);
  let x = writer.conv('encoder.conv_in', patchSize === 1 ? images : swapSides(writer, swapped()));
  for (const level of encoderHalf(config).levels) x = writeLevel(writer, 'encoder', level, x, averageDown);
  x = head(writer, 'encoder', midBlock(writer, 'encoder.mid_block', x));
  const moments = writer.conv('quant_conv', x); // [B, 2Z, h, w]
  const [mean, logvar] = graph.multiple('Split', [moments], 2, { axis: 1, num_outputs: 2 }) as [string, string];
  return [mean, graph.node('Clip', [logvar, graph.scalar(-30), graph.scalar(20)])];
}

/** [B, Z, h, w] -> [B, C, H, W] */
export function writeCausalVideoDecoder(writer: LayerWriter, config: CausalVideoConfig, latents: string): string {
  const { patchSize = 1 } = config;
  let x = writer.conv('decoder.conv_in', writer.conv('post_quant_conv', latents));
  x = midBlock(writer, 'decoder.mid_block', x);
  for (const level of decoderHalf(config).levels) x = writeLevel(writer, 'decoder', level, x, duplicateUp);
  x = head(writer, 'decoder', x);
  return patchSize === 1 ? x : swapSides(writer, writer.pixelShuffle(swapSides(writer, x), patchSize));
}

const swapSides = ({ graph }: LayerWriter, x: string) => graph.transpose(x, [0, 1, 3, 2]);

type Along = (writer: LayerWriter, x: string, shortcut: VideoShortcut) => string;

function writeLevel(writer: LayerWriter, half: string, { layers, shortcut }: VideoLevel, x: string, along: Along) {
  const through = layers.reduce((value, layer) => videoLayer(writer, `${half}.${layer.name}`, layer, value), x);
  return shortcut === undefined ? through : writer.add(through, along(writer, x, shortcut));
}

function videoLayer(writer: LayerWriter, name: string, { kind, inChannels }: VideoLayer, x: string): string {
  if (kind === 'residual') return residualBlock(writer, name, x);
  if (kind === 'attention') return attentionBlock(writer, name, inChannels, x);
  const conv = `${name}.resample.1`;
  return kind === 'halve'
    ? writer.conv(conv, x, { stride: 2, pads: [0, 0, 1, 1] })
    : writer.conv(conv, writer.upsampleNearest2x(x));
}

function midBlock(writer: LayerWriter, name: string, x: string): string {
  const [channels = 0] = writer.shapeOf(`${name}.attentions.0.norm.gamma`);
  const attended = attentionBlock(
    writer,
    `${name}.attentions.0`,
    channels,
    residualBlock(writer, `${name}.resnets.0`, x),
  );
  return residualBlock(writer, `${name}.resnets.1`, attended);
}

const head = (writer: LayerWriter, half: string, x: string) =>
  writer.conv(`${half}.conv_out`, writer.silu(rootMeanSquareNorm(writer, `${half}.norm_out`, x)));

function rootMeanSquareNorm({ graph, constant, shapeOf }: LayerWriter, name: string, x: string): string {
  const channels = shapeOf(`${name}.gamma`).reduce((product, size) => product * size, 1);
  const length = graph.node('ReduceL2', [x, graph.int64s([1])], { keepdims: 1 }); // [B, 1, H, W]
  const unit = graph.node('Div', [x, graph.node('Max', [length, graph.scalar(1e-12)])]);
  const gamma = graph.reshape(constant(`${name}.gamma`), [channels, 1, 1]);
  return graph.node('Mul', [unit, graph.node('Mul', [gamma, graph.scalar(Math.sqrt(channels))])]);
}

function residualBlock(writer: LayerWriter, name: string, x: string): string {
  const part = (index: 1 | 2, input: string) =>
    writer.conv(`${name}.conv${index}`, writer.silu(rootMeanSquareNorm(writer, `${name}.norm${index}`, input)));
  const shortcut = writer.has(`${name}.conv_shortcut.weight`) ? writer.conv(`${name}.conv_shortcut`, x) : x;
  return writer.add(shortcut, part(2, part(1, x)));
}

function attentionBlock(writer: LayerWriter, name: string, channels: number, x: string): string {
  const { graph } = writer;
  const all = writer.conv(`${name}.to_qkv`, rootMeanSquareNorm(writer, `${name}.norm`, x)); // [B, 3C, H, W]
  const rows = graph.transpose(graph.reshape(all, [0, 0, -1]), [0, 2, 1]); // [B, HW, 3C]
  const [query, key, value] = graph.split(rows, [channels, channels, channels], 2) as [string, string, string];
  const mixed = graph.transpose(writer.attend(query, key, value, channels), [0, 2, 1]); // [B, C, HW]
  return writer.add(x, writer.conv(`${name}.proj`, graph.node('Reshape', [mixed, graph.node('Shape', [x])])));
}

function averageDown(writer: LayerWriter, x: string, { inChannels, outChannels, factor, frames }: VideoShortcut) {
  const { graph } = writer;
  const squares = factor === 1 ? x : writer.pixelUnshuffle(x, factor, inChannels); // [B, C·factor², h, w]
  if (frames === 1) return writer.channelMeans(squares, outChannels);
  const area = factor ** 2;
  // One more channel holds zeros, which stand for the frames that are not there.
  const empty = inChannels * area;
  const padded = graph.node('Pad', [squares, graph.int64s([0, 0, 0, 0, 0, 1, 0, 0]), graph.scalar(0)]);
  const inOrder = Array.from({ length: inChannels * frames * area }, (_, index) => {
    const isLast = Math.floor(index / area) % frames === frames - 1;
    return isLast ? Math.floor(index / (frames * area)) * area + (index % area) : empty;
  });
  return writer.channelMeans(writer.channels(padded, inOrder), outChannels);
}

function duplicateUp(writer: LayerWriter, x: string, { inChannels, outChannels, factor, frames }: VideoShortcut) {
  const area = factor ** 2;
  const repeats = (outChannels * frames * area) / inChannels;
  const copies = Array.from({ length: outChannels * area }, (_, index) => {
    const place = (Math.floor(index / area) * frames + frames - 1) * area + (index % area);
    return Math.floor(place / repeats);
  });
  return writer.pixelShuffle(writer.channels(x, copies), factor);
}
