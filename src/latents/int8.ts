/** An encoder in 8 bits: calibrated on pictures, and checked on others against itself in float32. */
import { type Autoencoder, latentShape } from '../autoencoder/autoencoder.js';
import { hasHalf } from '../autoencoder/halves.js';
import { classesOf, type EngineOptions, type ImageFilter, imageChannelsOf } from '../config/config.js';
import { evaluationBatches } from '../data/batches/batches.js';
import { evenlySpaced } from '../data/evenly-spaced.js';
import type { ImageFile } from '../data/images.js';
import { encodeModel } from '../engine/onnx/graph/model.js';
import { openOnnxSession } from '../engine/onnx/run/onnx-session.js';
import { UserError } from '../errors.js';
import { encoderDefinition } from '../interop/onnx/autoencoder.js';
import { createObserver, observedModel } from '../interop/onnx/int8/calibrate.js';
import { quantizedConvolutions } from '../interop/onnx/int8/convolutions.js';
import { onnxNetworkOf } from '../interop/onnx/network.js';
import type { Int8Precision } from './format/int8.js';
import { hasManifest, readManifest } from './format/manifest.js';
import { inSession, sessionArithmetic } from './model-arithmetic.js';

/** Pictures to calibrate on, and as many to check on; more hardly move a range. */
const imagesEach = 16;

export interface Int8Options extends Pick<ImageFilter, 'maxPixels' | 'range'> {
  readonly size: number;
  /** Of ONNX Runtime, 0 = one per core. */
  readonly threads: number;
}

/** @throws UserError unless 8 bits can be computed: ONNX Runtime on a cpu, and a network of convolutions */
export async function assertInt8(model: Autoencoder, { engine, device }: EngineOptions): Promise<void> {
  if (engine !== 'onnxruntime' || device !== 'cpu') {
    throw new UserError(`Got --precision int8 on ${engine}, ${device}: it is for --engine onnxruntime on the cpu.`);
  }
  const { config } = model;
  if (!hasHalf(config, 'encoder') || !hasHalf(config, 'decoder')) {
    throw new UserError('Got --precision int8 for one half of a model, wanted both: decoding tells what 8 bits cost.');
  }
  const hasClasses = classesOf(config) !== undefined;
  if (!hasClasses && quantizedConvolutions(encoderDefinition(await onnxNetworkOf(model))).length > 0) return;
  throw new UserError(
    'Got --precision int8 for a model without convolutions between its first and its last, or one that is told classes: drop it.',
  );
}

/**
 * The precision that the store at `path` was begun with, where this model began it, or one calibrated on `files`.
 *
 * @throws UserError where 8 bits cannot be computed, or no picture can be read
 */
export async function int8ForStore(
  path: string,
  { model, sha256 }: { readonly model: Autoencoder; readonly sha256: string },
  files: readonly ImageFile[],
  options: Int8Options & EngineOptions,
): Promise<Int8Precision> {
  await assertInt8(model, options);
  const begun = (await hasManifest(path)) ? (await readManifest(path)).encoder : undefined;
  if (begun?.int8 !== undefined && begun.sha256 === sha256) return begun.int8;
  return calibrateInt8(model, files, options);
}

/**
 * Calibrates the encoder on evenly chosen pictures of `files` and measures on as many others what 8 bits cost. A function of
 * model, files and size alone.
 *
 * @throws UserError where no picture can be read
 */
export async function calibrateInt8(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: Int8Options,
): Promise<Int8Precision> {
  const pictures = await readPictures(model, files, options);
  const isEnough = pictures.length > 1;
  const calibration = isEnough ? pictures.filter((_, index) => index % 2 === 0) : pictures;
  const checked = isEnough ? pictures.filter((_, index) => index % 2 === 1) : pictures;
  const definition = encoderDefinition(await onnxNetworkOf(model), inSession);
  const observer = createObserver(definition);
  const session = openOnnxSession(encodeModel(observedModel(definition)), { threads: options.threads });
  const shape = [1, options.size, options.size, model.config.inChannels] as const;
  for (const data of calibration) observer.see(session.run({ image: { shape, data } }));
  session.dispose();
  const ranges = observer.ranges();
  const exact = sessionArithmetic(model, options.threads);
  const rounded = sessionArithmetic(model, options.threads, ranges);
  let [signal, noise, before, after] = [0, 0, 0, 0];
  for (const data of checked) {
    const [{ mean }, { mean: roundedMean }] = [await exact.encode(data, shape), await rounded.encode(data, shape)];
    signal += mean.reduce((sum, value) => sum + value ** 2, 0);
    noise += mean.reduce((sum, value, at) => sum + (value - roundedMean[at]!) ** 2, 0);
    before += await decodedPsnrDb(mean, data);
    after += await decodedPsnrDb(roundedMean, data);
  }
  return {
    ranges: ranges.map((range) => [...range]),
    calibrationImages: calibration.length,
    checkedImages: checked.length,
    latentSnrDb: 10 * Math.log10(signal / noise),
    psnrDb: before / checked.length,
    psnrChangeDb: (after - before) / checked.length,
  };

  async function decodedPsnrDb(mean: Float32Array, picture: Float32Array): Promise<number> {
    const decoded = await exact.decode(mean, [1, ...latentShape(model.config, [options.size, options.size])]);
    const squares = decoded.reduce((sum, value, at) => sum + (Math.min(1, Math.max(-1, value)) - picture[at]!) ** 2, 0);
    return 10 * Math.log10((4 * decoded.length) / squares);
  }
}

/** Each [1, size, size, C]. */
async function readPictures(
  { config }: Autoencoder,
  files: readonly ImageFile[],
  { size, maxPixels, range }: Int8Options,
): Promise<Float32Array[]> {
  const pictures: Float32Array[] = [];
  const how = { size, maxPixels, range, imageChannels: imageChannelsOf(config), batch: 1, skipped: [] };
  const chosen = evenlySpaced(files, 2 * imagesEach);
  for await (const { images } of evaluationBatches({ ...how, files: chosen })) {
    pictures.push(images.slice());
  }
  return pictures;
}
