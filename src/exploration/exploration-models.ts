/** Which models an exploration shows. */
import { resolve } from 'node:path';
import { findTokenizer, tokenizerMissing } from '../diffusion/model/find-tokenizer.js';
import { readDiffusionConfig } from '../diffusion/model/open-diffusion.js';
import { UserError } from '../errors.js';
import { defaultTokenizer, modelPathOf, shippedBaseline } from '../interop/models/shipped-tokenizers.js';

/** A run of `train-diffusion`, and the path of the tokenizer whose latents it draws. */
export interface ExploredDiffusion {
  readonly run: string;
  readonly tokenizer: string;
}

export interface ExplorationModels {
  /** Paths or names, in the order in which they are shown. */
  readonly paths: readonly string[];
  readonly diffusion: readonly ExploredDiffusion[];
}

/**
 * The models that were asked for and those that diffusion models need, or the tokenizer that ships.
 *
 * @param models paths or names separated by commas, as typed
 * @param diffusionRuns likewise, of run folders of `train-diffusion`
 * @throws UserError where the tokenizer of a diffusion model is not found
 */
export async function explorationModels(models?: string, diffusionRuns?: string): Promise<ExplorationModels> {
  const paths = listOf(models);
  const diffusion: ExploredDiffusion[] = [];
  for (const run of listOf(diffusionRuns)) {
    const tokenizer = await tokenizerOf(run);
    const shown = paths.find((path) => resolve(modelPathOf(path)) === resolve(modelPathOf(tokenizer)));
    if (shown === undefined) paths.push(tokenizer);
    diffusion.push({ run, tokenizer: shown ?? tokenizer });
  }
  return { paths: paths.length > 0 ? paths : [defaultTokenizer, shippedBaseline], diffusion };
}

const listOf = (list = ''): string[] => list.split(',').filter((path) => path !== '');

async function tokenizerOf(run: string): Promise<string> {
  const { diffusion, latents } = await readDiffusionConfig(run);
  const { tokenizer } = diffusion;
  const found = await findTokenizer({ encoder: tokenizer, seen: tokenizer.path, near: [run, latents] });
  if (found === null) throw new UserError(tokenizerMissing(tokenizer));
  return found;
}
