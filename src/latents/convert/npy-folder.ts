/** One array file per image, as DiT's training reads them (github.com/chuanyangjin/fast-DiT, extract_features.py). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../files.js';
import type { LatentStore } from '../reading/store.js';
import { factsOf, sampleKeys, writeFacts } from './facts.js';
import { npyFile } from './npy.js';
import { type ConvertedRowOptions, readRow } from './rows.js';

/**
 * Writes `features/12.npy` of shape [1, C, h, w] and `labels/12.npy` of shape [1] for image 12; index.jsonl tells of each image,
 * and classes.json names the classes.
 */
export async function writeNpyFolder(store: LatentStore, out: string, options: ConvertedRowOptions): Promise<void> {
  const [features, labels] = [join(out, 'features'), join(out, 'labels')];
  await mkdir(features);
  await mkdir(labels);
  const keys = await sampleKeys(store);
  const facts: object[] = [];
  for (let index = 0; index < store.length; index++) {
    const row = await readRow(store, index, options);
    const { values, shape, label } = row;
    await writeFileAtomic(join(features, `${index}.npy`), npyFile(values, [1, ...shape]));
    await writeFileAtomic(join(labels, `${index}.npy`), npyFile(BigInt64Array.of(BigInt(label)), [1]));
    facts.push(await factsOf(store, row, keys[index] as string));
  }
  await writeFacts(store, out, facts);
}
