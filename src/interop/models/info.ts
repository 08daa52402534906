/** What `latent-vae info` tells of a model, wherever it comes from. */
import { createAutoencoder } from '../../autoencoder/autoencoder.js';
import { type Half, hasHalf } from '../../autoencoder/halves.js';
import { numbersIn, parameterShapes } from '../../autoencoder/parameter-shapes.js';
import {
  downsamplingFactor,
  halfOf,
  hasVectorLatent,
  latentScaling,
  type ModelConfig,
  type Scaling,
} from '../../config/config.js';
import { sha256OfFile } from '../../digest.js';
import type { ImportedWeights } from './formats/imported-weights.js';
import { loaderOf } from './loaders.js';
import { type ModelOrigin, openImportedModel } from './open-model.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** What is known of a model. */
export interface ModelDescription {
  readonly path: string;
  readonly origin: ModelOrigin;
  /** What else loads it as it is. */
  readonly loadedBy: string;
  /** What the files say of licence and authors, by their own keys. */
  readonly licence: Readonly<Record<string, string>>;
  /** The one half that is there; null where both are. */
  readonly half: Half | null;
  /** Encodes a folder of images with it; null where its encoder is missing. */
  readonly encodeCommand: string | null;
  /** Architecture and scaling, resolved. */
  readonly config: ModelConfig;
  /** How many times smaller the latent's sides are than the image's. */
  readonly factor: number;
  /** Of a vector latent, its length. */
  readonly latentChannels: number;
  /** Numbers in the network that the config describes. */
  readonly parameters: number;
  /** Diffusion sees (latent - shift) · factor; null where that is unknown. */
  readonly scaling: Scaling | null;
  readonly weights: { readonly tensors: number; readonly sizeBytes: number; readonly dtypes: readonly string[] };
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** What is missing or odd, one sentence each. Empty for a model that can be used as it is. */
  readonly problems: readonly string[];
}

/**
 * Describes the model at `path` (see `openImportedModel`). Reads every weight once.
 *
 * @throws UserError in one sentence where there is no model or one that cannot be read
 */
export async function describeModelFile(path: string): Promise<ModelDescription> {
  const { origin, config, warnings, weights: opened } = await openImportedModel(path);
  await using weights = opened;
  const wanted = shapesOf(config);
  const { sizeBytes, dtypes, paths } = weights;
  const files: { path: string; sha256: string }[] = [];
  for (const file of paths) files.push({ path: file, sha256: await sha256OfFile(file) });
  return {
    path,
    origin,
    loadedBy: loaderOf(origin, config),
    half: halfOf(config) ?? null,
    licence: licenceOf(weights.metadata),
    encodeCommand: hasHalf(config, 'encoder')
      ? `latent-vae encode photos/ --model ${/\s/.test(path) ? `'${path}'` : path} --out latents/`
      : null,
    config,
    factor: downsamplingFactor(config),
    latentChannels: hasVectorLatent(config) ? config.latentFloats : config.latentChannels,
    parameters: numbersIn(wanted),
    scaling: latentScaling(config),
    weights: { tensors: weights.shapes.size, sizeBytes, dtypes },
    files,
    problems: [...warnings, ...disagreements(wanted, weights.shapes), ...(await nonFinite(weights))],
  };
}

const licenceOf = (metadata: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => /licen[cs]e|author|copyright/i.test(key)));

function shapesOf(config: ModelConfig): Shapes {
  return parameterShapes((weights) => createAutoencoder(config, { weights }));
}

/** Where the weights are not those of the network that the config describes. */
function disagreements(wanted: Shapes, got: Shapes): string[] {
  const missing = [...wanted.keys()].filter((name) => !got.has(name));
  const unexpected = [...got.keys()].filter((name) => !wanted.has(name));
  const misshapen = [...wanted].filter(([name, shape]) => got.has(name) && got.get(name)?.join() !== shape.join());
  return [
    ...tell(missing, 'missing'),
    ...tell(unexpected, 'without a place in the network'),
    ...tell(
      misshapen.map(([name]) => name),
      'of another shape than the config says',
    ),
  ];
}

async function nonFinite(weights: ImportedWeights): Promise<string[]> {
  const names: string[] = [];
  for (const [name, shape] of weights.shapes) {
    const values = await weights.elements(name, shape);
    if (!values.every(Number.isFinite)) names.push(name);
  }
  return tell(names, 'not finite');
}

function tell(names: readonly string[], flaw: string): string[] {
  if (names.length === 0) return [];
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  return [`${names.length} ${names.length === 1 ? 'weight is' : 'weights are'} ${flaw}: ${some}.`];
}
