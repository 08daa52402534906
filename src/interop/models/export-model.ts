/** Writes a model for other projects. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { classesOf } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';
import { decoderToOnnx, encoderToOnnx } from '../onnx/autoencoder.js';
import { onnxNetworkOf } from '../onnx/network.js';
import { writeDiffusersAutoencoder } from './formats/diffusers.js';
import { writeDiffusersTinyAutoencoder } from './formats/diffusers-tiny.js';
import { assertNothingIn } from './import-model.js';

const diffusersDtypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;
export type ExportDtype = keyof typeof diffusersDtypes;

/**
 * Writes a directory that diffusers' `from_pretrained` loads: as AutoencoderTiny for a TAESD, else as AutoencoderKL.
 *
 * @param out folder that is new or empty
 * @throws UserError for a model that diffusers has no class for
 */
export async function exportDiffusers(
  { config, parameters }: Autoencoder,
  out: string,
  dtype: ExportDtype = 'float32',
): Promise<void> {
  assertNothingIn(out);
  const written = [...parameters].map(([name, variable]: [string, tf.Variable]) => ({
    name,
    shape: variable.shape,
    data: () => variable.data<'float32'>() as Promise<Float32Array>,
  }));
  const weightDtype = diffusersDtypes[dtype];
  if (config.latent === 'tiny') return writeDiffusersTinyAutoencoder(out, config, written, weightDtype);
  if (config.latent === 'spatial' && config.posterior === 'gaussian')
    return writeDiffusersAutoencoder(out, config, written, weightDtype);
  const kind = config.latent === 'spatial' ? `${config.posterior} spatial` : config.latent;
  throw new UserError(
    `diffusers' AutoencoderKL has a spatial latent with a variance, got a ${kind} model: export it as onnx.`,
  );
}

/**
 * Writes encoder.onnx and decoder.onnx, each standalone; see `encoderToOnnx` and `decoderToOnnx`.
 *
 * @param out folder that is new or empty
 * @throws UserError for a model that is told the class of every image
 */
export async function exportOnnx(model: Autoencoder, out: string): Promise<void> {
  assertNothingIn(out);
  if (classesOf(model.config) !== undefined) {
    throw new UserError(
      'The ONNX files take images and latents alone, and this model is told their classes too: no export has a place for them.',
    );
  }
  const network = await onnxNetworkOf(model);
  await mkdir(out, { recursive: true });
  await writeFileAtomic(join(out, 'encoder.onnx'), encoderToOnnx(network));
  await writeFileAtomic(join(out, 'decoder.onnx'), decoderToOnnx(network));
}
