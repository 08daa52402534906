/** What the page may ask for: models, pictures and latents are kept here, and all computing is done here. */
import { syntheticImage } from '../../../data/synthetic/picture.js';
import { UserError } from '../../../errors.js';
import { largestFinitePsnrDb } from '../../../evaluation/measures/psnr.js';
import {
  drawPosterior,
  drawPrior,
  type EncodedPicture,
  editLatent,
  type LatentSampler,
  linear,
  measureOriginal,
  measureReconstruction,
  openSampler,
  type PixelImage,
  planeStatistics,
  prepareSquare,
  principalColours,
  psnrDb,
  readPicture,
  readTokenizerFacts,
  type SamplerFiles,
  spherical,
  type TokenizerFiles,
  viewOf,
} from '../../index.js';
import type { ModelEntry } from '../manifest.js';
import type { ExplorerWorker, OpenedModel, PictureSource, Rgba, Slot } from '../protocol.js';
import { fetchBytes } from './fetch-bytes.js';
import { type CheckedTokenizer, openChecked } from './open-checked.js';
import { errorRgba, toRgba } from './rgba.js';
import { type Engine, openEngine } from './runtime.js';

/** What is known of one picture in one model. */
interface Known {
  readonly original: PixelImage;
  readonly reconstruction: PixelImage;
  readonly encoded: EncodedPicture;
}

interface Model extends CheckedTokenizer {
  /** Of the diffusion model that came along. */
  readonly sampler: LatentSampler | null;
  readonly known: Partial<Record<Slot, Known>>;
}

/** Of a sampler: more make a picture better, and people wait for each. */
const sampleSteps = 12;

/** Side in px of the synthetic pictures. */
const syntheticSide = 256;

export function createSession(): ExplorerWorker {
  let engine: Engine | undefined;
  const models = new Map<string, Model>();
  const pictures: Partial<Record<Slot, PixelImage>> = {};

  const modelNamed = (name: string): Model => {
    const model = models.get(name);
    if (!model) throw new UserError(`${name} is not open: reload the page.`);
    return model;
  };
  const knownOf = (name: string, slot: Slot): Known => {
    const known = modelNamed(name).known[slot];
    if (!known) throw new UserError(`There is no ${slot} picture yet: choose one.`);
    return known;
  };
  const open = async (name: string, files: TokenizerFiles, diffusion?: SamplerFiles): Promise<OpenedModel> => {
    if (!engine) throw new UserError('ONNX Runtime has not started: reload the page.');
    const checked = await openChecked(engine, files, name);
    // In wasm whatever computes the tokenizer: no one has compared a diffusion model's numbers on WebGPU.
    const sampler = diffusion ? await openSampler(engine.ort, diffusion) : null;
    const former = models.get(name);
    await former?.tokenizer.dispose();
    await former?.sampler?.dispose();
    models.set(name, { ...checked, sampler, known: {} });
    const { facts } = checked.tokenizer;
    const drawn = sampler && { classes: sampler.classes, steps: sampleSteps };
    return { name, facts, engine: checked.engine, notes: checked.notes, diffusion: drawn };
  };
  const decode = async (name: string, latent: Float32Array): Promise<PixelImage> => {
    return modelNamed(name).tokenizer.decode(latent, knownOf(name, 'first').encoded);
  };
  const shown = async (name: string, latent: Float32Array): Promise<Rgba> => toRgba(await decode(name, latent));

  return {
    async openEngine(runtimeUrl, choice, onProgress) {
      engine = await openEngine(runtimeUrl, choice, onProgress);
      return engine.report;
    },
    async openModel({ name, encoder, decoder, sizeBytes, diffusion }, onProgress) {
      // Progress is that of both files; the share of either is not known before.
      const half = (offset: number) => (share: number) => onProgress(offset + share / 2);
      const files = { encoder: await fetchBytes(encoder, half(0)), decoder: await fetchBytes(decoder, half(0.5)) };
      const got = files.encoder.length + files.decoder.length;
      if (got !== sizeBytes)
        throw new UserError(`${name} came with ${got} bytes, wanted ${sizeBytes}: reload the page.`);
      return open(name, files, diffusion && (await fetchDiffusion(diffusion)));
    },
    async openModelFiles(name, blobs) {
      return open(name, await sortFiles(name, blobs));
    },
    async setPicture(slot, source) {
      const picture = await pictureOf(source);
      pictures[slot] = picture;
      for (const { known } of models.values()) delete known[slot];
      return { width: picture.width, height: picture.height };
    },
    async reconstruct(name, slot, size) {
      const picture = pictures[slot];
      if (!picture) throw new UserError(`There is no ${slot} picture yet: choose one.`);
      const { tokenizer, known } = modelNamed(name);
      const original = prepareSquare(picture, size);
      const start = performance.now();
      const encoded = await tokenizer.encode(original);
      const reconstruction = await tokenizer.decode(encoded.mean, encoded);
      const computeMs = performance.now() - start;
      known[slot] = { original, reconstruction, encoded };
      const view = viewOf(encoded);
      const { channels, height, width } = encoded;
      return {
        original: toRgba(original),
        reconstruction: toRgba(reconstruction),
        error: errorRgba(original, reconstruction),
        latent: encoded.mean,
        view,
        statistics: planeStatistics(encoded.mean, view),
        colours: principalColours(encoded.mean, view),
        latentShape: height * width > 1 ? [height, width, channels] : [channels],
        compressionRatio: original.pixels.length / encoded.mean.length,
        computeMs,
      };
    },
    async measure(name) {
      const { original, reconstruction } = knownOf(name, 'first');
      const { measures } = measureReconstruction(measureOriginal(original), reconstruction);
      const { ssim, gradientEnergyRatio, blurSigmaPx } = measures;
      return { psnrDb: measures.psnrDb, ssim, gradientEnergyRatio, blurSigmaPx };
    },
    async decodeEdited(name, latent, edits) {
      const { original, encoded } = knownOf(name, 'first');
      const view = viewOf(encoded);
      const other = modelNamed(name).known.second?.encoded.mean;
      const picture = await decode(name, editLatent(latent, view, planeStatistics(encoded.mean, view), edits, other));
      return {
        picture: toRgba(picture),
        psnrDb: Math.min(psnrDb(original, picture), largestFinitePsnrDb(picture)),
      };
    },
    async between(name, kind, t) {
      const [from, to] = [knownOf(name, 'first'), knownOf(name, 'second')];
      const interpolate = kind === 'linear' ? linear : spherical;
      return shown(name, interpolate(from.encoded.mean, to.encoded.mean, t));
    },
    async draw(name, from, seed) {
      const { encoded } = knownOf(name, 'first');
      const { facts } = modelNamed(name).tokenizer;
      return shown(name, from === 'posterior' ? drawPosterior(encoded, facts, seed) : drawPrior(encoded, facts, seed));
    },
    async sample(name, label, seed, onStep) {
      const { sampler, tokenizer } = modelNamed(name);
      if (!sampler) throw new UserError(`${name} came without a diffusion model: latent-vae explore --diffusion RUN.`);
      await sampler.sample({
        ...(label !== null && { class: label }),
        seed,
        steps: sampleSteps,
        onStep: async (latent, done) => onStep(toRgba(await tokenizer.decode(latent, sampler)), done),
      });
    },
  };
}

async function fetchDiffusion({ denoiser, config }: NonNullable<ModelEntry['diffusion']>): Promise<SamplerFiles> {
  const text = new TextDecoder().decode(await fetchBytes(config, () => {}));
  return { denoiser: await fetchBytes(denoiser, () => {}), config: JSON.parse(text) };
}

async function pictureOf(source: PictureSource): Promise<PixelImage> {
  if (source.kind === 'file') return readPicture(source.file, source.name);
  const pixels = syntheticImage(source.className, source.seed, syntheticSide);
  return { pixels, width: syntheticSide, height: syntheticSide };
}

/** Two files in any order; each tells what it is. */
async function sortFiles(name: string, blobs: readonly Blob[]): Promise<TokenizerFiles> {
  if (blobs.length !== 2) {
    throw new UserError(`${name}: got ${blobs.length} ONNX file(s), wanted encoder.onnx and decoder.onnx together.`);
  }
  const contents = await Promise.all(blobs.map(async (blob) => new Uint8Array(await blob.arrayBuffer())));
  const parts = contents.map((bytes, index) => readTokenizerFacts(bytes, `File ${index + 1} of ${name}`).part);
  const [encoder, decoder] = [contents[parts.indexOf('encoder')], contents[parts.indexOf('decoder')]];
  if (!encoder || !decoder) throw new UserError(`${name}: got two files of an ${parts[0]}, wanted one of each part.`);
  return { encoder, decoder };
}
