/** What the page and its worker say to each other. */
import type { SyntheticClass } from '../../data/synthetic/picture.js';
import type { LatentEdits, LatentView, PlaneStatistics, TokenizerFacts } from '../index.js';
import type { ModelEntry } from './manifest.js';

export type EngineChoice = 'auto' | 'webgpu' | 'wasm';

export interface EngineReport {
  readonly engine: 'webgpu' | 'wasm';
  readonly threads: number;
  /** What a person should know of it, in sentences. */
  readonly notes: readonly string[];
}

export interface OpenedModel {
  readonly name: string;
  readonly facts: TokenizerFacts;
  /** Where it computes, which is not where it was asked to if that gave wrong numbers. */
  readonly engine: EngineReport['engine'];
  readonly notes: readonly string[];
  /** Where a diffusion model of its latents came along: the classes it can be told, and its own size of a latent. */
  readonly diffusion: { readonly classes: readonly string[]; readonly steps: number } | null;
}

export type PictureSource =
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string }
  | { readonly kind: 'synthetic'; readonly className: SyntheticClass; readonly seed: number };

/** The first picture, and the second one for what is done between two. */
export type Slot = 'first' | 'second';

/** [side, side, 4] */
export interface Rgba {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface Reconstruction {
  readonly original: Rgba;
  readonly reconstruction: Rgba;
  /** 8 times the difference, around mid-grey. */
  readonly error: Rgba;
  /** The mean: [Z, h, w]. */
  readonly latent: Float32Array;
  readonly view: LatentView;
  readonly statistics: readonly PlaneStatistics[];
  readonly colours: Uint8ClampedArray<ArrayBuffer>;
  readonly latentShape: readonly number[];
  readonly compressionRatio: number;
  readonly computeMs: number;
}

/** As `evaluate` and `compare` name and compute them. */
export interface Figures {
  readonly psnrDb: number;
  readonly ssim: number;
  readonly gradientEnergyRatio: number;
  readonly blurSigmaPx: number;
}

export interface Decoded {
  readonly picture: Rgba;
  /** Against the first picture. */
  readonly psnrDb: number;
}

export type InterpolationKind = 'linear' | 'spherical';

/** What a diffusion model has made of noise after so many of its steps, decoded. */
export type OnSampleStep = (picture: Rgba, stepsDone: number) => void;

/** Reports in [0, 1] how much of a file has come. */
export type OnProgress = (share: number) => void;

export interface ExplorerWorker {
  openEngine(runtimeUrl: string, choice: EngineChoice, onProgress: OnProgress): Promise<EngineReport>;
  openModel(entry: ModelEntry, onProgress: OnProgress): Promise<OpenedModel>;
  openModelFiles(name: string, files: readonly Blob[]): Promise<OpenedModel>;
  setPicture(slot: Slot, source: PictureSource): Promise<{ readonly width: number; readonly height: number }>;
  reconstruct(model: string, slot: Slot, size: number): Promise<Reconstruction>;
  /** Of the last reconstruction of the first picture. */
  measure(model: string): Promise<Figures>;
  decodeEdited(model: string, latent: Float32Array, edits: LatentEdits): Promise<Decoded>;
  /** Both pictures must have been reconstructed. */
  between(model: string, kind: InterpolationKind, t: number): Promise<Rgba>;
  draw(model: string, from: 'posterior' | 'prior', seed: number): Promise<Rgba>;
  /** @param label position among the classes of the diffusion model, null for none */
  sample(model: string, label: number | null, seed: number, onStep: OnSampleStep): Promise<void>;
}
