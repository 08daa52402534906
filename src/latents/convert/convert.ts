/** Stores of latents in the formats of other programs. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LatentFormat } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { type LatentStore, openLatents } from '../reading/store.js';
import { writeNpyFolder } from './npy-folder.js';
import { writeNpz } from './npz.js';
import { assertRowOptions, type RowOptions } from './rows.js';
import { writeWebDataset } from './webdataset.js';

type Writer = (store: LatentStore, out: string, options: RowOptions) => Promise<void>;

const writers: Readonly<Record<LatentFormat, Writer>> = {
  webdataset: writeWebDataset,
  npy: writeNpyFolder,
  npz: writeNpz,
};

export interface ConvertOptions extends RowOptions {
  /** `webdataset`: tar files; `npy`: two array files per image; `npz`: one file. */
  readonly format: LatentFormat;
  /** A new or empty folder; for npz a file that does not exist. */
  readonly out: string;
}

export interface ConvertSummary {
  readonly images: number;
  readonly seconds: number;
}

/**
 * Copies the latents of a store (those of the images as they are, not the mirrored ones) into another format, as float32.
 *
 * @throws UserError where `out` is taken or the store cannot be read
 */
export async function convertLatents(path: string, options: ConvertOptions): Promise<ConvertSummary> {
  const { format, out } = options;
  const start = performance.now();
  const store = await openLatents(path);
  try {
    assertRowOptions(store, options);
    await claim(format, out);
    await writers[format](store, out, options);
    return { images: store.length, seconds: (performance.now() - start) / 1000 };
  } finally {
    await store.close();
  }
}

async function claim(format: LatentFormat, out: string): Promise<void> {
  const status = await stat(out).catch(() => undefined);
  const isTaken =
    status?.isDirectory() === true ? format === 'npz' || (await readdir(out)).length > 0 : status !== undefined;
  if (isTaken) {
    const wanted = format === 'npz' ? 'a file that does not exist' : 'a new or empty folder';
    throw new UserError(`Got ${out}, which is there already, wanted ${wanted}: choose another --out.`);
  }
  await mkdir(format === 'npz' ? dirname(out) : out, { recursive: true });
}
