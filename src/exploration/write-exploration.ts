/** A folder that any static web server serves: the page, models as ONNX files, and the runtime that computes them. */
import { copyFile, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertWhole } from '../autoencoder/halves.js';
import { exportDiffusionOnnx } from '../diffusion/model/export-diffusion.js';
import { openDiffusion } from '../diffusion/model/open-diffusion.js';
import { UserError } from '../errors.js';
import { makeFolder, writeFileAtomic } from '../files.js';
import { exportOnnx } from '../interop/models/export-model.js';
import { assertNothingIn, writeWholeFolder } from '../lock/whole-folder.js';
import { openModel } from '../training/run/trained-model.js';
import type { ExplorationManifest, ModelEntry } from '../web/explorer/manifest.js';
import type { ExploredDiffusion } from './exploration-models.js';
import { explorerCss, explorerHtml } from './page-files.js';
import { findWebRuntime, runtimeFiles } from './web-runtime.js';

/** What `npm run build` bundles. */
const bundleFolder = fileURLToPath(new URL('../../web/', import.meta.url));
const bundleFiles = ['page.js', 'worker.js', 'page.js.LEGAL.txt', 'worker.js.LEGAL.txt'];

export interface Exploration {
  readonly out: string;
  readonly models: readonly ModelEntry[];
}

/**
 * Writes the folder, which is whole or marked as unfinished.
 *
 * @param paths run folders, or other models that `openModel` knows, in the order in which they are shown
 * @param out folder that is new or empty
 * @param diffusion diffusion models of the latents of some of these models
 * @throws UserError where onnxruntime-web is missing, or a model cannot be exported
 */
export async function writeExploration(
  paths: readonly string[],
  out: string,
  diffusion: readonly ExploredDiffusion[] = [],
): Promise<Exploration> {
  const runtimeFolder = findWebRuntime();
  assertNothingIn(out);
  const models = await writeWholeFolder(out, (draft) => writeInto(draft, { paths, diffusion, runtimeFolder }));
  return { out, models };
}

interface Content {
  readonly paths: readonly string[];
  readonly diffusion: readonly ExploredDiffusion[];
  readonly runtimeFolder: string;
}

async function writeInto(out: string, { paths, diffusion, runtimeFolder }: Content): Promise<ModelEntry[]> {
  const runtimeOut = join(out, 'runtime');
  await makeFolder(runtimeOut);
  const models: ModelEntry[] = [];
  for (const path of paths) {
    const entry = await exportModel(path, out, models);
    const found = diffusion.find(({ tokenizer }) => tokenizer === path);
    models.push(found ? { ...entry, diffusion: await exportDiffusion(found.run, out, entry.name) } : entry);
  }
  for (const file of runtimeFiles) await copyFile(join(runtimeFolder, file), join(runtimeOut, file));
  for (const file of bundleFiles) await writeFileAtomic(join(out, file), await readFile(join(bundleFolder, file)));
  await writeFileAtomic(join(out, 'style.css'), explorerCss);
  const manifest: ExplorationManifest = { models };
  await writeFileAtomic(join(out, 'models.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFileAtomic(join(out, 'index.html'), explorerHtml);
  return models;
}

async function exportModel(path: string, out: string, others: readonly ModelEntry[]): Promise<ModelEntry> {
  const name = nameOf(path, others);
  const folder = `models/${name}`;
  const { model } = await openModel(path);
  assertWhole(model.config);
  if (model.config.inChannels !== 3) {
    throw new UserError(`${path} takes images of ${model.config.inChannels} channels; the page shows RGB alone.`);
  }
  await exportOnnx(model, join(out, folder));
  const files = { encoder: `${folder}/encoder.onnx`, decoder: `${folder}/decoder.onnx` };
  const sizes = await Promise.all(Object.values(files).map(async (file) => (await stat(join(out, file))).size));
  return { name, ...files, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function exportDiffusion(run: string, out: string, name: string): Promise<NonNullable<ModelEntry['diffusion']>> {
  const folder = `models/${name}/diffusion`;
  await exportDiffusionOnnx(await openDiffusion(run), join(out, folder));
  return { denoiser: `${folder}/denoiser.onnx`, config: `${folder}/diffusion.json` };
}

/** The last part of the path, as an address has it; told apart where two models share it. */
function nameOf(path: string, others: readonly ModelEntry[]): string {
  const name = basename(resolve(path)).replace(/[^\w.-]+/g, '-');
  const isTaken = (candidate: string) => others.some((other) => other.name === candidate);
  if (!isTaken(name)) return name;
  let number = 2;
  while (isTaken(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}
