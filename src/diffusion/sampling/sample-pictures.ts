/** Pictures from a diffusion model as files: a folder that every other command takes. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SamplingOptions } from '../../config/options/diffusion-options.js';
import type { EngineOptions } from '../../config/options/engine-options.js';
import type { PictureFormat } from '../../config/options/latent-options.js';
import { decodeResized } from '../../data/pictures/decode.js';
import { encodePicture, pictureExtensions } from '../../data/pictures/picture-file.js';
import { selectEngine } from '../../engine/select.js';
import { UserError } from '../../errors.js';
import { pictureGrid } from '../../evaluation/picture-grid.js';
import { encodePng } from '../../evaluation/png.js';
import { makeFolder, writeFileAtomic } from '../../files.js';
import { lockPictures } from '../../lock/picture-folder.js';
import { nearestOf } from '../../nearest.js';
import { findTokenizer, tokenizerMissing } from '../model/find-tokenizer.js';
import { openDecoder } from '../model/open-decoder.js';
import { openDiffusion, type TrainedDiffusion } from '../model/open-diffusion.js';
import { assertSampling, evenlyAmongClasses, type WantedImage } from './draw-latents.js';
import { drawPictures } from './draw-pictures.js';
import { classFolders, sampleName } from './sample-names.js';
import { beginSamples, type SampleLine, type SampleSource, tellSamples } from './sample-record.js';

/** How many pictures are drawn from a diffusion model, of which class, and where they go. */
export interface SamplePicturesOptions extends SamplingOptions, EngineOptions {
  /** Folder of the pictures: new, empty, or begun by the same call. */
  readonly out: string;
  /** How many pictures, shared out evenly among the classes. */
  readonly count: number;
  /** Draw pictures of this class alone. */
  readonly class?: string | undefined;
  /** Path of the tokenizer, where it is not to be searched for. */
  readonly model?: string | undefined;
  /** PNG file of all pictures side by side. */
  readonly grid?: string | undefined;
  /** Of the picture files. */
  readonly format: PictureFormat;
}

/** Told of the sampling on the way. */
export interface SampleHooks {
  /** Stops after the batch in flight; the same call goes on from there. */
  readonly signal?: AbortSignal;
  /** Told after every batch, in pictures. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told, in one sentence, of what a person should know. */
  readonly onWarning?: (sentence: string) => void;
}

/** What was drawn. */
export interface SampleSummary {
  readonly out: string;
  readonly images: number;
  /** By this call; the others were there already. */
  readonly written: number;
  readonly seconds: number;
  /** False if the call was stopped by its signal. */
  readonly complete: boolean;
}

/**
 * Draws `count` pictures into `out`, CLASS/00000.png and so on, with samples.json and metadata.jsonl. Picture n is a function of
 * the model, the seed and n alone, whatever the batch.
 *
 * @throws UserError where the model, its tokenizer or the class is not found, or `out` holds something else
 */
export async function samplePictures(
  path: string,
  options: SamplePicturesOptions,
  hooks: SampleHooks = {},
): Promise<SampleSummary> {
  const started = performance.now();
  await selectEngine(options, hooks.onWarning && { onWarning: hooks.onWarning });
  const diffusion = await openDiffusion(path);
  const { tokenizer } = diffusion.config;
  const position = options.class === undefined ? undefined : positionOf(options.class, diffusion);
  const source = sourceOf(diffusion, options);
  const near = [path, diffusion.run.latents];
  const found = await findTokenizer({ encoder: tokenizer, given: options.model, seen: tokenizer.path, near });
  if (found === null) throw new UserError(tokenizerMissing(tokenizer));
  const decoder = await openDecoder(found, options);
  const nameOf = namesFor(diffusion, options.format);
  const fileOf = (image: WantedImage) => join(options.out, nameOf(image));
  const images = wantedImages(diffusion, options.count, position);
  const files = images.map(fileOf);
  const lock = await lockPictures(options.out, files);
  let [written, wanted] = [0, 0];
  try {
    const all = wantedImages(diffusion, await beginSamples(options.out, source, options.count), position);
    const missing = images.filter((image) => !existsSync(fileOf(image)));
    wanted = missing.length;
    try {
      for await (const picture of drawPictures(diffusion, decoder, missing, options)) {
        const file = fileOf(picture.image);
        await makeFolder(dirname(file));
        await writeFileAtomic(file, await encodePicture(picture, options.format), lock.assertHeld);
        written++;
        hooks.onProgress?.(written, wanted);
        if (hooks.signal?.aborted) break;
      }
    } finally {
      const present = all.filter((image) => existsSync(fileOf(image)));
      const lines = present.map((image) => lineOf(image, nameOf(image), diffusion, options));
      await tellSamples(options.out, source, all.length, lines, lock.assertHeld);
    }
  } finally {
    await lock.release();
  }
  const complete = written === wanted;
  if (complete && options.grid !== undefined) {
    const { latentShape } = diffusion.config.denoiser;
    const sidePx = Math.min(...decoder.imageSize(latentShape[0], latentShape[1]));
    await writeGrid(options.grid, files, columnsOf(diffusion, options), sidePx);
  }
  return { out: options.out, images: images.length, written, seconds: (performance.now() - started) / 1000, complete };
}

/** @throws UserError for a class that the model does not know */
function positionOf(name: string, { config }: TrainedDiffusion): number {
  const { classes } = config.denoiser;
  if (classes.length === 0) {
    throw new UserError(`Got --class ${name} for a model that was trained without classes: leave it out.`);
  }
  const position = classes.indexOf(name);
  if (position >= 0) return position;
  const nearest = nearestOf(name, classes);
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new UserError(`Got --class ${name}, wanted one of ${classes.join(', ')}${meant || '.'}`);
}

/** @param position of the one class to draw */
function wantedImages({ config }: TrainedDiffusion, count: number, position: number | undefined): WantedImage[] {
  if (position === undefined) return evenlyAmongClasses(count, config.denoiser.classes.length);
  return Array.from({ length: count }, (_, number) => ({ number, class: position }));
}

function namesFor({ config }: TrainedDiffusion, format: PictureFormat): (image: WantedImage) => string {
  const folders = classFolders(config.denoiser.classes);
  return (image) => sampleName(image, folders, pictureExtensions[format]);
}

function lineOf(
  { number, class: position }: WantedImage,
  name: string,
  { config }: TrainedDiffusion,
  { seed }: SamplePicturesOptions,
): SampleLine {
  const className = config.denoiser.classes[position];
  return { file_name: name, ...(className !== undefined && { class: className }), seed, number };
}

function sourceOf(diffusion: TrainedDiffusion, options: SamplePicturesOptions): SampleSource {
  const { samplerSteps, seed, format } = options;
  const { sampler, guidance } = assertSampling(diffusion, options);
  return {
    format: 'latent-vae/samples',
    formatVersion: 1,
    diffusion: diffusion.sha256,
    tokenizer: diffusion.config.tokenizer.sha256,
    class: options.class ?? null,
    pictures: format,
    guidance,
    sampler,
    samplerSteps,
    seed,
  };
}

/** A column for each class, or a square. */
function columnsOf({ config }: TrainedDiffusion, options: SamplePicturesOptions): number {
  const { classes } = config.denoiser;
  const isOneClass = options.class !== undefined || classes.length === 0;
  return isOneClass ? Math.ceil(Math.sqrt(options.count)) : Math.min(classes.length, options.count);
}

async function writeGrid(path: string, files: readonly string[], columns: number, sidePx: number): Promise<void> {
  const limits = { size: sidePx, maxPixels: Number.MAX_SAFE_INTEGER };
  const pictures = await Promise.all(files.map((file) => decodeResized(file, limits)));
  await makeFolder(dirname(path));
  await writeFileAtomic(path, await encodePng(pictureGrid(pictures, columns)));
}
