/** What goes along with an image's values into other formats: names, classes, captions, and the key that joins it with its source. */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { writeFileAtomic } from '../../files.js';
import type { ImageRecord } from '../format/shards/shard.js';
import type { LatentStore } from '../reading/store.js';
import type { Row } from './rows.js';

/** One name per image, each once and without dots: tar readers take what follows the first dot for the kind of a member. */
export async function sampleKeys(store: LatentStore): Promise<string[]> {
  const records: Pick<ImageRecord, 'path' | 'key'>[] = [];
  for await (const { path, key } of store.records()) records.push({ path, ...(key !== undefined && { key }) });
  const own = records.map(({ path, key }) => withoutDots(key ?? withoutEnding(path)));
  if (new Set(own).size === own.length) return own;
  const paths = records.map(({ path }) => withoutDots(withoutEnding(path)));
  if (new Set(paths).size === paths.length) return paths;
  return records.map(({ path }) => withoutDots(path));
}

const withoutEnding = (path: string) => path.replace(/(?<=[^/])\.[^./]*$/, '');

function withoutDots(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path.slice(0, path.length - name.length) + name.replaceAll('.', '%2E');
}

/** One line of index.jsonl, and the JSON of a sample. */
export async function factsOf(store: LatentStore, { index, record, label }: Row, key: string): Promise<object> {
  return { index, ...record, key, label, ...(await store.text(index)) };
}

/** A file of lines, one JSON object for each image. */
export const linesOf = (facts: readonly object[]) =>
  Buffer.from(facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''));

export const classesFile = ({ manifest }: LatentStore) => Buffer.from(`${JSON.stringify(manifest.classes)}\n`);

/** Writes index.jsonl and classes.json into a folder. */
export async function writeFacts(store: LatentStore, folder: string, facts: readonly object[]): Promise<void> {
  await writeFileAtomic(join(folder, 'index.jsonl'), linesOf(facts));
  await writeFileAtomic(join(folder, 'classes.json'), classesFile(store));
}
