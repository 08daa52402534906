/** Stores of latents in the formats of other programs. */
import type { LatentFormat } from '../../config/config.js';
import { writeWholeFile, writeWholeFolder } from '../../lock/whole-folder.js';
import { type LatentStore, openLatents } from '../reading/store.js';
import { writeNpyFolder } from './npy-folder.js';
import { writeNpz } from './npz.js';
import { assertRowOptions, type ConvertedRowOptions } from './rows.js';
import { writeWebDataset } from './webdataset.js';

type Writer = (store: LatentStore, out: string, options: ConvertedRowOptions) => Promise<void>;

const writers: Readonly<Record<LatentFormat, Writer>> = {
  webdataset: writeWebDataset,
  npy: writeNpyFolder,
  npz: writeNpz,
};

/** How a store is copied to another format, and where to. */
export interface ConvertLatentsOptions extends ConvertedRowOptions {
  /** `webdataset`: tar files; `npy`: two array files per image; `npz`: one file. */
  readonly format: LatentFormat;
  /** A new or empty folder; for npz a file that does not exist. */
  readonly out: string;
}

/** What was copied. */
export interface ConvertSummary {
  readonly images: number;
  readonly seconds: number;
}

/**
 * Copies the latents of a store (those of the images as they are, not the mirrored ones) into another format, as float32.
 *
 * @throws UserError where `out` is taken or the store cannot be read
 */
export async function convertLatents(path: string, options: ConvertLatentsOptions): Promise<ConvertSummary> {
  const { format, out } = options;
  const start = performance.now();
  const store = await openLatents(path);
  try {
    assertRowOptions(store, options);
    const write = (target: string) => writers[format](store, target, options);
    await (format === 'npz' ? writeWholeFile : writeWholeFolder)(out, write);
    return { images: store.length, seconds: (performance.now() - start) / 1000 };
  } finally {
    await store.close();
  }
}
