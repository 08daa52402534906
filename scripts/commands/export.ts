/** `latent-vae export` */
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Autoencoder } from '../../src/autoencoder/autoencoder.js';
import {
  type EngineOptions,
  engineOptionsSchema,
  hasVectorLatent,
  imageFilterSchema,
  latentScaling,
  type Precision,
  precisionNames,
} from '../../src/config/config.js';
import { UserError } from '../../src/errors.js';
import { type Int8Precision, int8Sentence } from '../../src/latents/format/int8.js';
import type { HalfPrecision } from '../../src/latents/half.js';
import { formatBytes } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { modelOption } from '../cli/model-option.js';
import { print, warn } from '../cli/output.js';

export const command = defineCommand({
  name: 'export',
  description:
    "Write a model for other projects: as a directory of diffusers' AutoencoderKL (a TAESD: AutoencoderTiny), as ONNX " +
    'files of encoder and decoder, which take any batch and, unless the latent is a vector, any size, or as a tokenizer: a ' +
    'folder that every command here opens, with nothing in it of the images and paths it was made with.',
  arguments: {},
  options: z.strictObject({
    model: modelOption,
    diffusion: z.string().optional().describe('run folder of train-diffusion, for onnx alone, instead of --model'),
    out: z.string().describe('folder to make'),
    format: z.enum(['diffusers', 'onnx', 'tokenizer']).describe('of the files'),
    dtype: z
      .enum(['float32', 'float16', 'bfloat16'])
      .default('float32')
      .describe('number format of the weights, for diffusers and tokenizer'),
    half: z
      .boolean()
      .default(false)
      .describe('half precision: onnx files compute in float16 and the error is told; elsewhere as --dtype float16'),
    precision: z
      .enum(precisionNames)
      .default('float32')
      .describe('of the encoder of onnx files; int8 wants --calibration and says what it costs'),
    calibration: z.string().optional().describe('folder of pictures like those to be encoded, to calibrate int8 on'),
    name: z.string().optional().describe('what a tokenizer is called (default: the name of the folder)'),
    latents: z
      .string()
      .optional()
      .describe(
        "folder of latents of this model, whose scale a tokenizer or a diffusers directory gets instead of the model's",
      ),
    ...engineOptionsSchema.shape,
  }),
  examples: [
    'latent-vae export --model runs/a --out vae/ --format diffusers --dtype float16',
    'latent-vae export --model runs/a --out onnx/ --format onnx',
    'latent-vae export --model runs/a --out onnx/ --format onnx --half',
    'latent-vae export --model runs/a --out onnx/ --format onnx --precision int8 --calibration photos/',
    'latent-vae export --model runs/a --out photo-f8/ --format tokenizer --dtype float16 --latents latents/',
    'latent-vae export --diffusion runs/d --out onnx/ --format onnx',
  ],
  async run(_, options, { json }) {
    const { model: path, diffusion, out, format, half, precision, calibration, name, latents, ...rest } = options;
    const { dtype: asked, ...engine } = rest;
    const dtype = half && format !== 'onnx' ? 'float16' : asked;
    const { exportDiffusers, exportOnnx, exportTokenizer } = await import('../../src/interop/models/export-model.js');
    const { selectEngine } = await import('../../src/engine/select.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');
    if (format === 'onnx' && dtype !== 'float32')
      throw new UserError(
        `Got --dtype ${dtype} for onnx files, which have float32, or float16 with --half: leave it out.`,
      );
    if (half && (asked === 'bfloat16' || precision === 'int8' || diffusion !== undefined)) {
      const other = precision === 'int8' ? '--precision int8' : diffusion ? '--diffusion' : `--dtype ${asked}`;
      throw new UserError(`Got --half and ${other}, wanted one of them: drop one.`);
    }
    if (format !== 'tokenizer' && name !== undefined)
      throw new UserError(`Got --name for --format ${format}, wanted tokenizer: leave it out.`);
    if (format === 'onnx' && latents !== undefined)
      throw new UserError('Got --latents for --format onnx, wanted tokenizer or diffusers: leave it out.');
    assertPrecision(format, precision, calibration);
    await selectEngine(engine);
    let int8: Int8Precision | undefined;
    let float16: HalfPrecision | undefined;
    if (diffusion !== undefined) {
      if (precision !== 'float32')
        throw new UserError('Got --precision int8 for a diffusion model, wanted --model: drop one.');
      if (format !== 'onnx') throw new UserError(`A diffusion model is exported as onnx, got --format ${format}.`);
      const { exportDiffusionOnnx } = await import('../../src/diffusion/model/export-diffusion.js');
      const { openDiffusion } = await import('../../src/diffusion/model/open-diffusion.js');
      await exportDiffusionOnnx(await openDiffusion(diffusion), out);
    } else {
      const { model, sha256 } = await openModel(path);
      if (calibration !== undefined) int8 = await int8Of(model, calibration, engine);
      const inspect = async (folder: string) => {
        const { measureHalf } = await import('../../src/latents/half.js');
        float16 = await measureHalf(model, folder, engine.threads);
      };
      const scaling = latents === undefined ? undefined : await scalingOf(latents, sha256);
      if (format === 'onnx') await exportOnnx(model, out, { ranges: int8?.ranges, half, ...(half && { inspect }) });
      else if (format === 'diffusers') await exportDiffusers(model, out, dtype, scaling);
      else await exportTokenizer(model, out, { name: name ?? basename(resolve(out)), scaling }, dtype);
      if (scaling === undefined && !hasVectorLatent(model.config) && latentScaling(model.config) === null) {
        const written = format === 'diffusers' ? 'scaling_factor 1 was written' : 'none was written';
        warn(`Nobody has measured the scale of this model's latents: ${written}. Encode with it, and pass --latents.`);
      }
    }
    const files = [];
    for (const name of (await readdir(out)).sort()) {
      const file = join(out, name);
      files.push({ path: file, sizeBytes: (await stat(file)).size });
    }
    if (!json) for (const { path: file, sizeBytes } of files) print(`${file}: ${formatBytes(sizeBytes)}`);
    if (!json && int8) print(int8Sentence(int8));
    if (!json && float16) print((await import('../../src/latents/half.js')).halfSentence(float16));
    return { model: diffusion ?? path, format, ...(int8 && { int8 }), ...(float16 && { float16 }), files };
  },
});

function assertPrecision(format: string, precision: Precision, calibration: string | undefined): void {
  const isInt8 = precision === 'int8';
  if (isInt8 && format !== 'onnx')
    throw new UserError(`Got --precision int8 for --format ${format}, wanted onnx: leave it out.`);
  if (isInt8 === (calibration !== undefined)) return;
  throw new UserError(
    isInt8
      ? 'Got --precision int8 without --calibration, wanted a folder of pictures like those to be encoded.'
      : 'Got --calibration, which is for --precision int8 alone: leave it out.',
  );
}

async function int8Of(model: Autoencoder, folder: string, engine: EngineOptions): Promise<Int8Precision> {
  const { findImages } = await import('../../src/data/images.js');
  const { assertInt8, calibrateInt8 } = await import('../../src/latents/int8.js');
  await assertInt8(model, engine);
  const { maxPixels } = imageFilterSchema.parse({});
  return calibrateInt8(model, await findImages(folder), {
    size: model.config.imageSize,
    maxPixels,
    threads: engine.threads,
  });
}

/** The scale of a store that the model of these weights made. */
async function scalingOf(latents: string, sha256: string) {
  const { openLatents } = await import('../../src/latents/reading/store.js');
  const store = await openLatents(latents);
  const { encoder, scaling } = store.manifest;
  await store.close();
  if (encoder.sha256 === sha256) return scaling ?? undefined;
  throw new UserError(
    `${latents} was made by ${encoder.name}, another model: encode with this one, or drop --latents.`,
  );
}
