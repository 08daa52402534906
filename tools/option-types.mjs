/**
 * Writes src/config/types: an interface for every schema of options and networks, whose fields carry the schemas' own descriptions, units and
 * defaults, so that editors show them. `--check` only tells whether the files are as the schemas have it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const folder = new URL('../src/config/types/', import.meta.url);

/** Interfaces by file and in its order, each with its schema, the interfaces whose fields it repeats, and what it is. */
const files = {
  'images-and-latents': [
    ['EngineOptions', 'engineOptionsSchema', [], 'What computes, and where.'],
    ['ImageFilter', 'imageFilterSchema', [], 'Which files are read as images, and how.'],
    [
      'InferenceOptions',
      'inferenceOptionsSchema',
      ['ImageFilter', 'EngineOptions'],
      'How images go through a trained model.',
    ],
    ['EncodeOptions', 'encodeOptionsSchema', ['InferenceOptions'], 'How latents are stored.'],
    ['DecodeOptions', 'decodeOptionsSchema', ['EngineOptions'], 'How latents are made into pictures again.'],
    ['ConvertOptions', 'convertOptionsSchema', [], 'How a store is copied to another format.'],
  ],
  networks: [
    [
      'SpatialModelConfig',
      'spatialModelSchema',
      [],
      "LDM's blocks (Rombach et al., arXiv 2112.10752) around a latent of [h, w, Z].",
    ],
    ['VectorModelConfig', 'vectorModelSchema', [], "LDM's blocks around one latent vector per image."],
    ['LinearModelConfig', 'linearModelSchema', [], 'One dense layer each way: PCA or LDA.'],
    ['TinyModelConfig', 'tinyModelSchema', [], 'TAESD and its relatives (github.com/madebyollin/taesd).'],
    ['DeepCompressionEncoderConfig', 'deepCompressionEncoderSchema', [], 'The encoder of a DC-AE.'],
    ['DeepCompressionDecoderConfig', 'deepCompressionDecoderSchema', [], 'The decoder of a DC-AE.'],
    ['DeepCompressionConfig', 'deepCompressionSchema', [], 'DC-AE (Chen et al., arXiv 2410.10733).'],
    [
      'CausalVideoConfig',
      'causalVideoSchema',
      [],
      "Wan's autoencoder for videos (arXiv 2503.20314) and Qwen-Image's (arXiv 2508.02324), for single images.",
    ],
  ],
  measuring: [
    ['FeatureOptions', 'featureOptionsSchema', [], 'What trained networks measure.'],
    ['BoundOptions', 'boundOptionsSchema', [], 'How the bound on log p(x) is estimated.'],
    ['LatentSpaceOptions', 'latentSpaceOptionsSchema', [], 'How a latent space is looked at.'],
  ],
  training: [
    ['ObjectiveOptions', 'objectiveOptionsSchema', [], 'What replaces single values of an objective.'],
    [
      'TrainOptions',
      'trainOptionsSchema',
      ['ImageFilter', 'ObjectiveOptions', 'EngineOptions'],
      'What a training can be told.',
    ],
    [
      'DiffusionOptions',
      'diffusionOptionsSchema',
      ['EngineOptions'],
      'What the training of a diffusion model can be told.',
    ],
    ['SamplingOptions', 'samplingOptionsSchema', [], 'How pictures are drawn from a diffusion model.'],
  ],
  objective: [
    ['PerceptualConfig', 'perceptualSchema', [], 'The perceptual term of an objective.'],
    ['AdversarialConfig', 'adversarialSchema', [], 'The adversarial term of an objective, and its discriminator.'],
    ['CodebookConfig', 'codebookSchema', [], 'How a codebook learns (van den Oord et al., arXiv 1711.00937).'],
    [
      'RegularizersConfig',
      'regularizersSchema',
      [],
      'What makes latents easier for a diffusion model to learn; each is off at 0.',
    ],
    [
      'ObjectiveConfig',
      'objectiveSchema',
      [],
      'What a training lowers: every term with its weight, reduction and schedule.',
    ],
  ],
};
const interfaces = Object.values(files).flat();

const { outputFiles } = await build({
  stdin: {
    contents: ['config', 'networks/model-schema', 'networks/deep-compression']
      .map((file) => `export * from './${file}.ts';`)
      .join('\n'),
    resolveDir: new URL('../src/config/', import.meta.url).pathname,
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});
// Beside the sources, so that it finds zod.
const bundled = new URL('../node_modules/.option-schemas.mjs', import.meta.url);
writeFileSync(bundled, outputFiles[0].text);
const config = await import(bundled.href);
const { z } = await import('zod');

const named = new Map(interfaces.map(([name, schema]) => [config[schema], name]));
const fieldsOf = new Map(interfaces.map(([name, schema]) => [name, config[schema].shape]));

/** The type of what a schema gives. */
function typeOf(schema) {
  if (named.has(schema)) return named.get(schema);
  const { def } = schema;
  const inner = () => typeOf(def.innerType);
  const types = {
    default: inner,
    optional: () => `${inner()} | undefined`,
    nullable: () => `${inner()} | null`,
    enum: () => Object.values(def.entries).map(quoted).join(' | '),
    literal: () => def.values.map((value) => (typeof value === 'string' ? quoted(value) : `${value}`)).join(' | '),
    array: () => `${grouped(typeOf(def.element))}[]`,
    union: () => def.options.map(typeOf).join(' | '),
    tuple: () => `[${def.items.map(typeOf).join(', ')}]`,
    record: () => `Record<string, ${typeOf(def.valueType)}>`,
    object: () =>
      `{ ${Object.entries(def.shape)
        .map(([key, field]) => `${key}${field.def.type === 'optional' ? '?' : ''}: ${typeOf(field)}`)
        .join('; ')} }`,
    string: () => 'string',
    number: () => 'number',
    boolean: () => 'boolean',
  };
  const type = types[def.type];
  if (type === undefined) throw new Error(`A schema of kind ${def.type} has no type here yet`);
  return type();
}

/** As an element of an array. */
const grouped = (type) => (type.includes(' | ') ? `(${type})` : type);

const quoted = (text) => `'${text}'`;

function textOf({ description, unit, default: value }) {
  if (description === undefined) return undefined;
  const sentence = description.charAt(0).toUpperCase() + description.slice(1);
  const known = typeof value === 'object' ? undefined : value;
  return [
    sentence.replace(/\.$/, ''),
    ...(unit === undefined ? [] : [` (${unit})`]),
    '.',
    ...(known === undefined ? [] : [` Default: ${JSON.stringify(known)}.`]),
  ].join('');
}

function interfaceText([name, schemaName, bases, meaning]) {
  const schema = config[schemaName];
  const { properties } = z.toJSONSchema(schema, { io: 'input' });
  const inherited = new Set(bases.flatMap((base) => allFields(base)));
  const fields = Object.entries(schema.shape)
    .filter(([key]) => !inherited.has(key))
    .map(([key, field]) => {
      const text = textOf(properties[key]);
      if (text === undefined) throw new Error(`${schemaName}.${key} has no description`);
      const isOptional = field.def.type === 'optional';
      return `${wrapped(text)}  ${key}${isOptional ? '?' : ''}: ${typeOf(field)};\n`;
    });
  const parents = bases.length === 0 ? '' : ` extends ${bases.join(', ')}`;
  return `/** ${meaning} */\nexport interface ${name}${parents} {\n${fields.join('')}}\n`;
}

function allFields(name) {
  return Object.keys(fieldsOf.get(name));
}

/** As a comment of at most 120 characters a line. */
function wrapped(text) {
  if (text.length <= 110) return `  /** ${text} */\n`;
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last.length + word.length < 112) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(word);
  }
  return `  /**\n${lines.map((line) => `   * ${line}\n`).join('')}   */\n`;
}

const isCheck = process.argv.includes('--check');
for (const [file, list] of Object.entries(files)) {
  const target = new URL(`${file}.ts`, folder);
  const text = fileText(file, list);
  if (!isCheck) writeFileSync(target, text);
  else if (normalized(readFileSync(target, 'utf8')) !== normalized(text)) {
    process.stderr.write(`src/config/types/${file}.ts is not what the schemas say: npm run option-types\n`);
    process.exitCode = 1;
  }
}

function fileText(file, list) {
  const bodies = list.map(interfaceText).join('\n');
  const imports = Object.entries(files).flatMap(([other, others]) => {
    const used = others.map(([name]) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(bodies));
    return other === file || used.length === 0
      ? []
      : [`import type { ${used.sort().join(', ')} } from './${other}.js';\n`];
  });
  const origin =
    '/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */';
  return `${origin}\n${imports.join('')}\n${bodies}`;
}

/** Formatting is Biome's: it may add and move these. */
function normalized(code) {
  return code.replace(/[\s|;()]+/g, '');
}
