/**
 * One store of the parts that many processes encoded. Its manifest names the shards where they are, below the folders of their
 * parts: nothing is copied, parts can grow, and can then be merged again.
 */
import type { Scaling } from '../../config/config.js';
import { prefetch } from '../../data/batches/prefetch.js';
import { sha256Of } from '../../digest.js';
import { UserError } from '../../errors.js';
import { below } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';
import { differencesOf, nameOfEncoder } from '../format/identity.js';
import { hasManifest, isMerged, type Manifest, readManifest, skippedPath, writeManifest } from '../format/manifest.js';
import { readSkipped, skippedLines } from '../format/skipped.js';
import { type LatentMoments, mergeMoments, statisticsOf } from '../format/statistics.js';
import { scalingOf } from '../writing/store/ledger.js';
import { findParts, type Part, partFolder } from './part.js';
import { type PartManifest, summarizePart } from './summary.js';

export interface MergeSummary {
  readonly parts: number;
  readonly images: number;
  readonly skipped: number;
  readonly shards: number;
  readonly seconds: number;
}

/** How many parts are read at once. */
const readsAtOnce = 8;

/**
 * Makes one store of the parts below `store`: images in the order of the parts, and in each in its own order; statistics exactly
 * those of a single run over all images, because shards keep sums without rounding.
 *
 * @throws UserError where a part is missing or unfinished, was encoded by another model or with other options, or holds an
 *   image that belongs to another
 */
export async function mergeParts(store: string): Promise<MergeSummary> {
  const start = performance.now();
  const parts = await allParts(store);
  const storage = await storageOf(store);
  const lock = await storage.lock(store);
  try {
    await assertReplaceable(store);
    const manifests = await readManifests(store, parts);
    const first = manifests[0] as PartManifest;
    for (const other of manifests) assertSameMaking(first, other);
    const classes = commonClasses(manifests);
    let moments: LatentMoments | undefined;
    const pathsInTars = new Set<string>();
    const summarize = (part: PartManifest) => summarizePart(part, pathsInTars);
    for await (const summary of prefetch(manifests, summarize, { concurrency: readsAtOnce, ahead: readsAtOnce })) {
      if (summary) moments = mergeMoments(moments, summary);
    }
    const skipped = skippedLines((await Promise.all(manifests.map(({ path }) => readSkipped(path)))).flat());
    const skippedImages = skipped.split('\n').length - 1;
    await storage.write(skippedPath(store), skipped, lock.assertHeld);
    const { part: _, ...common } = first.manifest;
    const images = manifests.reduce((sum, { manifest }) => sum + manifest.images, 0);
    const shards = manifests.flatMap(({ manifest, folder }) =>
      manifest.shards.map((shard) => shardBelow(folder, shard)),
    );
    const merged = {
      ...common,
      formatVersion: Math.max(...manifests.map(({ manifest }) => manifest.formatVersion)) as Manifest['formatVersion'],
      complete: true,
      scaling: scalingOf({ scaling: modelScaling(first.manifest) }, moments),
      statistics: moments === undefined ? null : statisticsOf(moments),
      classes,
      images,
      shards,
      skipped: { images: skippedImages, sha256: sha256Of(skipped) },
    } as const;
    await writeManifest(store, merged, lock.assertHeld);
    const seconds = (performance.now() - start) / 1000;
    return { parts: parts.length, images, skipped: skippedImages, shards: shards.length, seconds };
  } finally {
    await lock.release();
  }
}

async function allParts(store: string): Promise<Part[]> {
  const parts = await findParts(store);
  const [first] = parts;
  if (first === undefined) {
    throw new UserError(
      `${store} holds no parts (folders such as part-00001-of-00008): encode with --part i/n before.`,
    );
  }
  const counts = [...new Set(parts.map(({ count }) => count))];
  if (counts.length > 1) {
    const groups = counts.map((count) => `${parts.filter((part) => part.count === count).length} of ${count}`);
    throw new UserError(
      `${store} holds parts of several divisions (${groups.join(', ')}): remove those of all but one.`,
    );
  }
  const there = new Set(parts.map(({ number }) => number));
  const missing = Array.from({ length: first.count }, (_, index) => index + 1).filter((number) => !there.has(number));
  if (missing.length > 0) {
    throw new UserError(`${store} lacks ${listed(missing)} of ${first.count}: encode what is missing, then merge.`);
  }
  return parts;
}

/** `parts 2, 7-9`, as Slurm's --array takes them. */
function listed(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const text = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return numbers.length === 1 ? `part ${text}` : `parts ${text}`;
}

async function assertReplaceable(store: string): Promise<void> {
  if (!(await hasManifest(store))) return;
  const manifest = await readManifest(store);
  if (isMerged(manifest) || manifest.images === 0) return;
  throw new UserError(
    `${store} is a store of its own, with ${manifest.images} images besides its parts: merge elsewhere.`,
  );
}

async function readManifests(store: string, parts: readonly Part[]): Promise<PartManifest[]> {
  const read = async (part: Part): Promise<PartManifest> => {
    const folder = partFolder(part);
    const path = below(store, folder);
    return { part, folder, path, manifest: await readManifest(path) };
  };
  const manifests: PartManifest[] = [];
  for await (const one of prefetch(parts, read, { concurrency: readsAtOnce, ahead: 4 * readsAtOnce }))
    manifests.push(one);
  const unfinished = manifests.filter(({ manifest }) => !manifest.complete).map(({ part }) => part.number);
  if (unfinished.length === 0) return manifests;
  throw new UserError(
    `${store} has unfinished parts (${listed(unfinished)} of ${parts.length}): run the same encode again, then merge.`,
  );
}

function assertSameMaking(first: PartManifest, other: PartManifest): void {
  const { part, path, manifest } = other;
  if (manifest.part?.number !== part.number || manifest.part.count !== part.count) {
    throw new UserError(`${path} is not part ${part.number} of ${part.count} by its manifest: encode that part again.`);
  }
  const { encoder } = first.manifest;
  if (manifest.encoder.sha256 !== encoder.sha256) {
    const [here, there] = [nameOfEncoder(encoder), nameOfEncoder(manifest.encoder)];
    throw new UserError(`${first.path} was encoded by ${here}, ${path} by ${there}: encode all parts by one model.`);
  }
  const making = ({ preprocessing, latent, part: which, scaling }: Manifest) => {
    return {
      ...preprocessing,
      ...latent,
      divided: which?.of,
      scaling: scaling?.source === 'measured' ? null : scaling,
    };
  };
  const differences = differencesOf(making(first.manifest), making(manifest));
  if (differences.length === 0) return;
  const text = differences.map(({ key, values: [here, there] }) => `${key} is ${here} and ${there}`).join(', ');
  throw new UserError(`${first.path} and ${path} were encoded with different options: ${text}.`);
}

/** Labels are positions in the list of classes, so that one list must begin with all others. */
function commonClasses(manifests: readonly PartManifest[]): string[] {
  const [longest] = [...manifests].sort((a, b) => b.manifest.classes.length - a.manifest.classes.length);
  const { classes } = (longest as PartManifest).manifest;
  for (const { manifest, path } of manifests) {
    const at = manifest.classes.findIndex((name, label) => name !== classes[label]);
    if (at < 0) continue;
    throw new UserError(
      `Label ${at} means ${manifest.classes[at]} in ${path} and ${classes[at]} in ${longest?.path}: the parts were encoded ` +
        'of different lists of images, encode them again.',
    );
  }
  return classes;
}

function shardBelow(
  folder: string,
  { latents, index, texts, images, shape }: Manifest['shards'][number],
): Manifest['shards'][number] {
  return {
    images,
    ...(shape && { shape }),
    latents: { ...latents, file: `${folder}/${latents.file}` },
    index: { ...index, file: `${folder}/${index.file}` },
    ...(texts && { texts: { ...texts, file: `${folder}/${texts.file}` } }),
  };
}

function modelScaling({ scaling }: Manifest): Scaling | null {
  if (scaling?.source !== 'model') return null;
  const { shift, factor } = scaling;
  return { shift, factor };
}
