/** `latent-vae info` */
import { z } from 'zod';
import { classesOf, posteriorKindOf, scalingText } from '../../src/config/config.js';
import type { ModelDescription } from '../../src/interop/models/info.js';
import type { OnnxDescription } from '../../src/interop/onnx/describe.js';
import { formatBytes } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { print } from '../cli/output.js';

export const command = defineCommand({
  name: 'info',
  description:
    'Tell what a model is, whatever wrote it: a run folder, a directory of diffusers, a checkpoint of LDM, a TAESD, or an ' +
    'ONNX file.',
  arguments: { '<path>': 'directory or file of the model' },
  options: z.strictObject({}),
  examples: ['latent-vae info runs/a', 'latent-vae info taesd_encoder.pth', 'latent-vae info onnx/encoder.onnx --json'],
  async run([path = ''], _, { json }) {
    if (path.toLowerCase().endsWith('.onnx')) {
      const { describeOnnxFile } = await import('../../src/interop/onnx/describe.js');
      const description = await describeOnnxFile(path);
      if (!json) printLines(onnxLines(description));
      return description;
    }
    const { selectEngine } = await import('../../src/engine/select.js');
    const { describeModelFile } = await import('../../src/interop/models/info.js');
    // Nothing is computed here.
    await selectEngine({ engine: 'cpu', device: 'cpu', threads: 0 });
    const description = await describeModelFile(path);
    if (!json) printLines(modelLines(description));
    return description;
  },
});

type Lines = readonly (readonly [label: string, text: string])[];

function printLines(lines: Lines): void {
  const width = Math.max(...lines.map(([label]) => label.length));
  for (const [label, text] of lines) print(`${label.padEnd(width)}  ${text}`);
}

const halves = {
  encoder: 'an encoder alone, which encodes and does not decode',
  decoder: 'a decoder alone, which decodes and does not encode',
} as const;

function modelLines(description: ModelDescription): Lines {
  const { path, origin, config, factor, latentChannels, parameters, weights, files, problems, scaling } = description;
  const { latent, inChannels, imageSize, ...network } = config;
  const latentShape =
    latent === 'vector' ? `one vector of ${latentChannels} numbers` : `h/${factor} × w/${factor} × ${latentChannels}`;
  const codes = 'codes' in config && config.codes ? `, made of ${config.codes.toLocaleString('en')} codes` : '';
  const kinds = { gaussian: '', deterministic: ', without variance', quantized: codes };
  const made = kinds[posteriorKindOf(config)];
  const known = classesOf(config);
  const told = known === undefined ? '' : `, given one of ${known.length} classes`;
  return [
    ['model', path],
    ['origin', origin],
    ['loaded by', description.loadedBy],
    ...Object.entries(description.licence).map((line) => line),
    ...(description.half === null ? [] : [['holds', halves[description.half]] as const]),
    ['images', `${inChannels} channels, made for ${imageSize} × ${imageSize} px`],
    ['latent', latentShape + made + told],
    [
      'diffusion sees',
      scaling ? scalingText(scaling, (value) => String(Number(value.toPrecision(6)))) : 'unknown scaling',
    ],
    ['network', networkText(network)],
    ['parameters', parameters.toLocaleString('en')],
    ['weights', `${weights.tensors} tensors, ${formatBytes(weights.sizeBytes)}, ${weights.dtypes.join(', ')}`],
    ...files.map((file) => ['sha256', `${file.sha256}  ${file.path}`] as const),
    ...(description.encodeCommand === null ? [] : [['encode with', description.encodeCommand] as const]),
    ...problemLines(problems),
  ];
}

/** Told on lines of their own. */
const toldElsewhere: ReadonlySet<string> = new Set([
  'scalingFactor',
  'shiftFactor',
  'latentsMean',
  'latentsStd',
  'classes',
]);

/** `blockOutChannels 96 160, layersPerBlock 1`, by the names of config.json; what a network lacks is left out. */
function networkText(network: object): string {
  const told = Object.entries(network).filter(
    ([name, value]) => !toldElsewhere.has(name) && value !== null && value !== false && String(value) !== '',
  );
  return told.map(([name, value]) => `${name}${value === true ? '' : ` ${valueText(value)}`}`).join(', ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => (Array.isArray(part) ? `[${part.join(' ')}]` : part)).join(' ');
  return typeof value === 'object' && value !== null ? `(${networkText(value)})` : String(value);
}

function onnxLines({
  path,
  producer,
  opset,
  inputs,
  outputs,
  parameters,
  sizeBytes,
  metadata,
  ...rest
}: OnnxDescription) {
  const values = (label: string, list: OnnxDescription['inputs']) =>
    list.map(({ name, dtype, shape }) => [label, `${name}: ${dtype} [${shape.join(', ')}]`] as const);
  return [
    ['model', path],
    ['origin', `ONNX, opset ${opset}${producer && `, written by ${producer}`}`],
    ...values('input', inputs),
    ...values('output', outputs),
    ['parameters', `${parameters.toLocaleString('en')}, ${formatBytes(sizeBytes)}`],
    ...Object.entries(metadata),
    ['sha256', rest.files[0]?.sha256 ?? ''],
    ...problemLines(rest.problems),
  ] as Lines;
}

function problemLines(problems: readonly string[]): Lines {
  return problems.length === 0 ? [['problems', 'none']] : problems.map((problem) => ['problem', problem] as const);
}
