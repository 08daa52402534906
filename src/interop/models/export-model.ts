/** Writes a model for other projects. */
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { aloneText, hasHalf } from '../../autoencoder/halves.js';
import {
  classesOf,
  halfOf,
  modelConfigSchema,
  type Scaling,
  type TokenizerConfig,
  withScaling,
} from '../../config/config.js';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';
import { assertNothingIn, writeWholeFolder } from '../../lock/whole-folder.js';
import { parse } from '../../parse.js';
import { decoderToOnnx, encoderToOnnx, toHalfOnnx } from '../onnx/autoencoder.js';
import type { Int8Ranges } from '../onnx/int8/quantize.js';
import { onnxNetworkOf } from '../onnx/network.js';
import { writeDiffusersAutoencoder } from './formats/diffusers/diffusers.js';
import { writeDiffusersTinyAutoencoder } from './formats/diffusers/tiny.js';
import { modelFileName } from './open-model.js';
import { saveModel } from './save-model.js';

const torchDtypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;
/** The number format of exported weights. */
export type ExportDtype = keyof typeof torchDtypes;

/**
 * Writes a directory that diffusers' `from_pretrained` loads: as AutoencoderTiny for a TAESD, else as the class of its network.
 *
 * @param out folder that is new or empty
 * @param scaling as measured on latents of some images. Default: as the model has it, else none
 * @throws UserError for a model that diffusers has no class for
 */
export async function exportDiffusers(
  { config, parameters }: Autoencoder,
  out: string,
  dtype: ExportDtype = 'float32',
  scaling?: Scaling,
): Promise<void> {
  if (halfOf(config) !== undefined)
    throw new UserError(
      `diffusers loads whole autoencoders, got ${aloneText(config)}: export it as onnx or as a tokenizer.`,
    );
  const scaled = scaling ? withScaling(config, scaling) : config;
  const written = [...parameters].map(([name, variable]: [string, tf.Variable]) => ({
    name,
    shape: variable.shape,
    data: () => variable.data<'float32'>() as Promise<Float32Array>,
  }));
  const weightDtype = torchDtypes[dtype];
  await writeWholeFolder(out, (draft) =>
    scaled.latent === 'tiny'
      ? writeDiffusersTinyAutoencoder(draft, scaled, written, weightDtype)
      : writeDiffusersAutoencoder(draft, scaled, written, weightDtype),
  );
}

/** How an ONNX file is written. */
export interface OnnxOptions {
  /** Of the encoder's convolutions, which are then written in 8 bits; the decoder stays in float32. */
  readonly ranges?: Int8Ranges | undefined;
  /** Whether to write both in half precision; see `halveModel`. */
  readonly half?: boolean;
  /** Called with the folder of the written files before it takes the place of `out`; where it throws, there is no `out`. */
  readonly inspect?: ((folder: string) => Promise<void>) | undefined;
}

/**
 * Writes encoder.onnx and decoder.onnx, each standalone; see `encoderToOnnx` and `decoderToOnnx`.
 *
 * @param out folder that is new or empty
 * @throws UserError for a model that is told the class of every image
 */
export async function exportOnnx(
  model: Autoencoder,
  out: string,
  { ranges, half = false, inspect }: OnnxOptions = {},
): Promise<void> {
  assertNothingIn(out);
  if (classesOf(model.config) !== undefined) {
    throw new UserError(
      'The ONNX files take images and latents alone, and this model is told their classes too: no export has a place for them.',
    );
  }
  const network = await onnxNetworkOf(model);
  await writeWholeFolder(out, async (draft) => {
    const write = async (part: 'encoder' | 'decoder', toOnnx: () => Uint8Array) => {
      if (!hasHalf(model.config, part)) return;
      await writeFileAtomic(join(draft, `${part}.onnx`), half ? toHalfOnnx(network, part) : toOnnx());
    };
    await write('encoder', () => encoderToOnnx(network, {}, ranges));
    await write('decoder', () => decoderToOnnx(network));
    await inspect?.(draft);
  });
}

/** What a tokenizer to hand on is told besides its network. */
export interface TokenizerFacts {
  readonly name: string;
  /** Diffusion sees (latent - shift) · factor, as measured on the latents of some images. Default: as the model has it. */
  readonly scaling?: Scaling | undefined;
}

/**
 * Writes a folder to hand on, which every command opens: config.json, without the paths and options of a run, and
 * model.safetensors.
 *
 * @param out folder that is new or empty
 * @throws UserError for a scaling of latents that have none
 */
export async function exportTokenizer(
  { config, parameters }: Autoencoder,
  out: string,
  { name, scaling }: TokenizerFacts,
  dtype: ExportDtype = 'float16',
): Promise<void> {
  const written: TokenizerConfig = {
    formatVersion: 1,
    model: scaling ? parse(modelConfigSchema, withScaling(config, scaling), 'scaled model') : config,
    tokenizer: { name },
  };
  await writeWholeFolder(out, async (draft) => {
    await saveModel(join(draft, modelFileName), parameters, torchDtypes[dtype]);
    await writeFileAtomic(join(draft, 'config.json'), `${JSON.stringify(written, null, 2)}\n`);
  });
}
