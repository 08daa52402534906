/** The page's state and what changes it. Results of an older picture or size are dropped when they come. */

import type { Remote } from 'comlink';
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { reasonOf, UserError } from '../../../errors.js';
import type { ExplorationManifest } from '../manifest.js';
import type {
  EngineReport,
  ExplorerWorker,
  Figures,
  OpenedModel,
  PictureSource,
  Reconstruction,
  Slot,
} from '../protocol.js';
import { isUserError, sentenceOf } from './sentence.js';
import { beginAnewInWasm, engineChoice } from './settings.js';
import { forWorker } from './worker-client.js';

export interface Result {
  readonly size: number;
  readonly first?: Reconstruction;
  readonly second?: Reconstruction;
  readonly figures?: Figures;
}

export interface ChosenPicture {
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

export interface ExplorerState {
  readonly engine: EngineReport | null;
  readonly models: readonly OpenedModel[];
  /** What the page is doing, for people who wait. */
  readonly status: string;
  readonly error: string;
  readonly size: number | null;
  readonly pictures: Readonly<Partial<Record<Slot, ChosenPicture>>>;
  readonly results: Readonly<Record<string, Result>>;
}

const start: ExplorerState = {
  engine: null,
  models: [],
  status: 'Starting…',
  error: '',
  size: null,
  pictures: {},
  results: {},
};

type Change = (state: ExplorerState) => Partial<ExplorerState>;

export interface Explorer {
  readonly state: ExplorerState;
  readonly worker: Remote<ExplorerWorker>;
  choosePicture(slot: Slot, source: PictureSource, label: string): void;
  openFiles(files: readonly File[]): void;
  setSize(size: number): void;
  fail(error: unknown): void;
}

/** The side at which a model is shown: the chosen one, as far as the model can take it. */
export function sizeFor({ facts: { latent } }: OpenedModel, size: number): number {
  return latent.imageSize ?? Math.max(1, Math.round(size / latent.sizeMultiple)) * latent.sizeMultiple;
}

/** Without a choice: the size at which all models can be compared. */
export function defaultSize(models: readonly OpenedModel[]): number {
  return models.find(({ facts }) => facts.latent.imageSize !== null)?.facts.latent.imageSize ?? 256;
}

export function useExplorer(worker: Remote<ExplorerWorker>): Explorer {
  const [state, change] = useReducer((state: ExplorerState, change: Change) => ({ ...state, ...change(state) }), start);
  // Counts pictures and sizes: what was asked for under an older number is of no use any more.
  const turn = useRef(0);
  const current = useRef(state);
  current.current = state;
  const fail = (error: unknown) => {
    if (current.current.engine?.engine === 'webgpu' && !isUserError(error) && beginAnewInWasm()) return;
    change(() => ({ error: sentenceOf(error), status: '' }));
  };

  /** Every open model on the picture of a slot. */
  const reconstructAll = async (slot: Slot, models = current.current.models) => {
    const { size } = current.current;
    const asked = turn.current;
    for (const model of models) {
      if (asked !== turn.current) return;
      const side = sizeFor(model, size ?? defaultSize(models));
      change(() => ({ status: `${model.name} computes…` }));
      const reconstruction = await worker.reconstruct(model.name, slot, side);
      if (asked !== turn.current) return;
      change(({ results }) => ({
        results: {
          ...results,
          [model.name]: { ...withoutFigures(results[model.name], slot), size: side, [slot]: reconstruction },
        },
      }));
      if (slot !== 'first') continue;
      const figures = await worker.measure(model.name);
      if (asked !== turn.current) return;
      change(({ results }) => ({
        results: { ...results, [model.name]: { ...results[model.name], size: side, figures } },
      }));
    }
    change(() => ({ status: 'Ready.' }));
  };
  const attempt = (work: () => Promise<void>) => {
    change(() => ({ error: '' }));
    work().catch(fail);
  };

  useEffect(() => {
    attempt(async () => {
      const models = await openAll(worker, change);
      change(() => ({ size: defaultSize(models), status: 'Ready.' }));
      current.current = { ...current.current, models, size: defaultSize(models) };
      if (turn.current === 0)
        choosePicture('first', { kind: 'synthetic', className: 'dead-leaves', seed: 1 }, 'Dead leaves');
      else await reconstructAll('first', models);
    });
  }, []);

  const choosePicture: Explorer['choosePicture'] = (slot, source, label) => {
    attempt(async () => {
      turn.current++;
      const asked = turn.current;
      change(() => ({ status: `${label} is read…` }));
      const size = await worker.setPicture(slot, source);
      if (asked !== turn.current) return;
      change(({ pictures }) => ({ pictures: { ...pictures, [slot]: { label, ...size } } }));
      await reconstructAll(slot);
    });
  };
  return {
    state,
    worker,
    fail,
    choosePicture,
    openFiles(files) {
      attempt(async () => {
        const name = modelNameOf(files);
        change(() => ({ status: `${name} is opened…` }));
        const model = await worker.openModelFiles(name, files);
        const models = [...current.current.models.filter((other) => other.name !== name), model];
        change(() => ({ models }));
        current.current = { ...current.current, models };
        if (current.current.pictures.first) await reconstructAll('first', [model]);
        if (current.current.pictures.second) await reconstructAll('second', [model]);
      });
    },
    setSize(size) {
      attempt(async () => {
        turn.current++;
        change(() => ({ size }));
        current.current = { ...current.current, size };
        if (current.current.pictures.first) await reconstructAll('first');
        if (current.current.pictures.second) await reconstructAll('second');
      });
    },
  };
}

/** What is known of a model but for the picture that is being replaced. */
function withoutFigures(result: Result | undefined, slot: Slot): Partial<Result> {
  if (slot === 'second' || !result) return result ?? {};
  const { figures: _, ...rest } = result;
  return rest;
}

const modelNameOf = (files: readonly File[]) => files[0]?.webkitRelativePath.split('/').at(-2) || 'dropped model';

async function openAll(worker: Remote<ExplorerWorker>, change: (change: Change) => void): Promise<OpenedModel[]> {
  const manifest = await readManifest();
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const engine = await worker.openEngine(
    new URL('runtime/', document.baseURI).href,
    engineChoice(),
    forWorker((share: number) => change(() => ({ status: `ONNX Runtime loads, ${percent(share)}` }))),
  );
  change(() => ({ engine }));
  const models: OpenedModel[] = [];
  const failures: string[] = [];
  for (const entry of manifest.models) {
    const onProgress = forWorker((share: number) =>
      change(() => ({ status: `${entry.name} loads, ${percent(share)}` })),
    );
    const address = (path: string) => new URL(path, document.baseURI).href;
    try {
      const { diffusion } = entry;
      const absolute = {
        ...entry,
        encoder: address(entry.encoder),
        decoder: address(entry.decoder),
        ...(diffusion && {
          diffusion: { denoiser: address(diffusion.denoiser), config: address(diffusion.config) },
        }),
      };
      models.push(await worker.openModel(absolute, onProgress));
      change(() => ({ models: [...models] }));
    } catch (error) {
      failures.push(sentenceOf(error));
    }
  }
  if (models.length === 0 && failures.length > 0) throw new UserError(failures.join(' '));
  if (failures.length > 0) change(() => ({ error: failures.join(' ') }));
  return models;
}

async function readManifest(): Promise<ExplorationManifest> {
  try {
    const response = await fetch(new URL('models.json', document.baseURI));
    if (!response.ok) throw new Error(String(response.status));
    return await response.json();
  } catch (error) {
    throw new UserError(
      `models.json does not load (${reasonOf(error)}): make the folder again with latent-vae explore.`,
    );
  }
}
