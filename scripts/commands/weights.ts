/** `latent-vae weights` */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, UserError } from '../../src/errors.js';
import { fetchWeightFile, type WeightFileState, weightFileState } from '../../src/losses/perceptual/fetch-weights.js';
import {
  builtinWeightsPath,
  defaultWeightFolder,
  lpipsWeightFiles,
  type WeightFile,
} from '../../src/losses/perceptual/weight-files.js';
import { formatBytes } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { print } from '../cli/output.js';
import { startProgress } from '../cli/progress.js';

const folder = defaultWeightFolder();

/** The files of each perceptual loss that does not come with the package. */
const filesOfKind: Readonly<Record<string, readonly WeightFile[]>> = Object.fromEntries(
  Object.entries(lpipsWeightFiles).map(([trunk, { trunk: network, heads }]) => [`lpips-${trunk}`, [network, heads]]),
);
const kindNames = Object.keys(filesOfKind).join(', ');

export const command = defineCommand({
  name: 'weights',
  description:
    'Tell which weight files the perceptual losses need and which are here; fetch those of the named losses.',
  arguments: { '[kinds...]': `losses to fetch the files of: ${kindNames}` },
  options: z.strictObject({}),
  examples: ['latent-vae weights', 'latent-vae weights lpips-vgg'],
  async run(kinds, _options, { json, signal }) {
    const unknown = kinds.find((kind) => !(kind in filesOfKind));
    if (unknown !== undefined) {
      throw new UserError(`Got ${unknown}, wanted one of ${kindNames}; builtin comes with this package.`);
    }
    const failures = await fetchMissing(
      kinds.flatMap((kind) => filesOfKind[kind] ?? []),
      signal,
    );
    const builtin = { path: builtinWeightsPath, state: existsSync(builtinWeightsPath) ? 'present' : 'missing' };
    const files = [];
    for (const [kind, needed] of Object.entries(filesOfKind)) {
      for (const file of needed) {
        files.push({ kind, ...file, path: join(folder, file.fileName), state: await weightFileState(file, folder) });
      }
    }
    if (!json) {
      print(`builtin: ${builtin.state}, comes with this package (${builtin.path})\n`);
      for (const file of files) print(describe(file));
      print(`Kept in ${folder}. Fetch what is missing with latent-vae weights KIND, or copy the files there by hand.`);
    }
    if (failures.length > 0) throw new UserError(failures.join(' '));
    return { folder, builtin, files };
  },
});

/** @returns why files could not be fetched, one sentence each with what to copy where */
async function fetchMissing(files: readonly WeightFile[], signal: AbortSignal): Promise<string[]> {
  const failures: string[] = [];
  for (const file of files) {
    if ((await weightFileState(file, folder)) === 'present') continue;
    const progress = startProgress(file.fileName);
    const started = performance.now();
    const onProgress = (bytes: number, total: number) => {
      const secondsLeft = ((performance.now() - started) / 1000 / bytes) * (total - bytes);
      progress.update(bytes / total, secondsLeft, { fetched: formatBytes(bytes) });
    };
    try {
      await fetchWeightFile(file, folder, { signal, onProgress });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(reasonOf(error));
    } finally {
      progress.stop();
    }
  }
  return failures;
}

interface FoundFile extends WeightFile {
  readonly kind: string;
  readonly state: WeightFileState;
}

function describe({ kind, state, fileName, sizeMegabytes, sha256Prefix, contents, licence, url }: FoundFile): string {
  const isWhole = sha256Prefix.length === 64;
  const checksum = isWhole ? `sha256 ${sha256Prefix}` : `sha256 begins with ${sha256Prefix}`;
  return [
    `${kind}: ${state}, ${fileName}, ${formatBytes(sizeMegabytes * 1e6)}, ${checksum}`,
    `  ${contents}; ${licence}`,
    `  ${url}\n`,
  ].join('\n');
}
