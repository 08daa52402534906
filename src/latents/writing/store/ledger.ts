/** What a store being written holds for certain: its manifest, and which images need no more work. */
import type { ChannelsFirst } from '../../../channel-axes.js';
import type { Scaling } from '../../../config/config.js';
import type { SkippedImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import { UserError } from '../../../errors.js';
import { below } from '../../../storage/locations.js';
import { libraryVersion } from '../../../version.js';
import { assertSameOrigin, type StoreOrigin } from '../../format/identity.js';
import { commonShape } from '../../format/layout.js';
import {
  filesOfShard,
  hasManifest,
  isMerged,
  type LatentScaling,
  type Manifest,
  type PartDescription,
  readManifest,
  shardNumberOf,
  skippedPath,
  writeManifest,
} from '../../format/manifest.js';
import { rowBytesOf } from '../../format/shards/packing.js';
import {
  assertShardFiles,
  type ImageRecord,
  latentTensorsOf,
  noLabel,
  readShardIndex,
} from '../../format/shards/shard.js';
import { type ShardContent, writeShard } from '../../format/shards/write-shard.js';
import { readSkipped, skippedLines } from '../../format/skipped.js';
import {
  type LatentMoments,
  mergeMoments,
  overallMoments,
  parseMoments,
  statisticsOf,
} from '../../format/statistics.js';
import type { WritingPlace } from './place.js';

export interface StoreBeginning extends StoreOrigin {
  /** The model's own constants, or null to measure them on the latents. */
  readonly scaling: Scaling | null;
  /** Of the images that are coming, in the order of their numbers. */
  readonly classes: readonly string[];
  /** Upper bound of a shard's tensors. Only asked for when a store is begun. */
  readonly shardBytes: number;
  /** Try the images of skipped.jsonl again. */
  readonly retrySkipped: boolean;
  /** Where several processes write parts of one store. */
  readonly part?: PartDescription | undefined;
}

export interface Ledger {
  manifest(): Manifest;
  isDone(path: string): boolean;
  skipped(): SkippedImage[];
  /** Remembers images that the journal holds. */
  note(images: readonly ImageRecord[], skipped: readonly SkippedImage[]): void;
  addShard(content: Omit<ShardContent, 'labels'>): Promise<void>;
  /** Says in the manifest that more images are coming. */
  reopen(): Promise<void>;
  complete(): Promise<void>;
}

/** Reads the store's ledger, or begins a store in an empty folder. */
export async function beginStore(place: WritingPlace, beginning: StoreBeginning): Promise<Ledger> {
  const { store, work } = place;
  if (!(await hasManifest(store))) await createStore(place, beginning);
  let manifest = await readManifest(store);
  if (isMerged(manifest)) {
    throw new UserError(`${store} was merged of parts: encode its parts (--part i/n), and merge them again.`);
  }
  assertSameOrigin(store, manifest, beginning);
  await removeLeftovers(place, manifest);
  const { paths, ...read } = await readCommitted(place, manifest);
  let moments = read.moments;
  const known = joinedClasses(store, manifest.classes, beginning.classes);
  const skipped = new Map((await readSkipped(store)).map((entry) => [entry.path, entry]));
  const done = new Set([...paths, ...(beginning.retrySkipped ? [] : skipped.keys())]);

  async function save(changes: Partial<Manifest>): Promise<void> {
    manifest = await saveManifest(place, { ...manifest, ...changes }, skipped.values());
  }

  return {
    manifest: () => manifest,
    isDone: (path) => done.has(path),
    skipped: () => [...skipped.values()],
    note(images, failures) {
      for (const entry of failures) {
        skipped.set(entry.path, entry);
        done.add(entry.path);
      }
      for (const { path } of images) {
        skipped.delete(path);
        done.add(path);
      }
    },
    async addShard(content) {
      const images = content.parts.flatMap((part) => part.images);
      const names = images.flatMap(({ class: name }) => (name === null ? [] : [name]));
      const classes = [...new Set([...manifest.classes, ...known, ...names])];
      const positions = new Map(classes.map((name, position) => [name, position]));
      const labels = images.map(({ class: name }) => (name === null ? noLabel : (positions.get(name) as number)));
      const { record, moments: added } = await writeShard(
        work,
        manifest.latent,
        { ...content, labels },
        place.assertHeld,
      );
      await place.publish(filesOfShard(record).map(({ file }) => file));
      moments = mergeMoments(moments, added);
      const shards = [...manifest.shards, record];
      const isOfVersion2 = record.texts !== undefined || images.some(({ key }) => key !== undefined);
      const scaling = scalingOf(beginning, moments);
      await save({
        classes,
        shards,
        formatVersion: isOfVersion2 && manifest.formatVersion === 1 ? 2 : manifest.formatVersion,
        images: manifest.images + record.images,
        statistics: statisticsOf(moments),
        scaling,
      });
    },
    async reopen() {
      if (manifest.complete) await save({ complete: false, classes: known });
    },
    complete: () => save({ complete: true, classes: [...new Set([...known, ...manifest.classes])] }),
  };
}

/** The store's classes keep their numbers; new ones follow. @throws UserError where a number would not be itself */
export function joinedClasses(store: string, before: readonly string[], added: readonly string[]): string[] {
  const joined = [...new Set([...before, ...added])];
  const areNumbers = added.length > 0 && added.every((name, number) => name === String(number));
  const moved = areNumbers ? added.find((name, number) => joined[number] !== name) : undefined;
  if (moved === undefined) return joined;
  throw new UserError(
    `${store} has the class ${joined[Number(moved)]} in the place of number ${moved}: encode images of numbered classes into ` +
      'another folder.',
  );
}

/** The manifest goes last: until it is replaced, the store is what it was. */
async function saveManifest(
  place: WritingPlace,
  manifest: Manifest,
  skipped: Iterable<SkippedImage>,
): Promise<Manifest> {
  const { store, storage, assertStoreHeld } = place;
  const lines = skippedLines(skipped);
  await storage.write(skippedPath(store), lines, assertStoreHeld);
  const images = lines.split('\n').length - 1;
  const saved = { ...manifest, skipped: { images, sha256: sha256Of(lines) } };
  await place.follow(await writeManifest(store, saved, assertStoreHeld));
  return saved;
}

async function createStore(place: WritingPlace, beginning: StoreBeginning): Promise<void> {
  const { store, storage } = place;
  const names = (await storage.namesIn(store)).filter((name) => !name.startsWith('.') && name !== 'skipped.jsonl');
  if (names.length > 0) {
    throw new UserError(`${store} is not a store of latents (it holds ${names[0]}): write to a new or empty folder.`);
  }
  await place.keepOnlyAfter(undefined);
  const { encoder, preprocessing, latent } = beginning;
  const empty: Manifest = {
    format: 'latent-vae/latents',
    formatVersion: latent.buckets ? 3 : latent.codes === undefined ? 1 : 2,
    libraryVersion,
    complete: false,
    encoder,
    preprocessing,
    latent,
    scaling: scalingOf(beginning, undefined),
    statistics: null,
    classes: [...beginning.classes],
    images: 0,
    shardBytes: beginning.shardBytes,
    shards: [],
    skipped: { images: 0, sha256: sha256Of('') },
    ...(beginning.part && { part: beginning.part }),
  };
  await saveManifest(place, empty, []);
}

export function scalingOf(
  { scaling }: Pick<StoreBeginning, 'scaling'>,
  moments: LatentMoments | undefined,
): LatentScaling | null {
  if (scaling !== null) return { source: 'model', ...scaling };
  if (moments === undefined) return null;
  const { mean, std } = overallMoments(statisticsOf(moments));
  return { source: 'measured', shift: mean, factor: std > 0 ? 1 / std : 1 };
}

/** Where pictures keep their own size: so many that a header of their tensors is still quick to read. */
const mostImagesOfOwnSize = 4096;

/** How many images of `ownShape` a shard takes: a whole number of usual batches, where more than one fits. */
export function imagesPerShardOf(
  { latent, shardBytes }: Pick<StoreBeginning, 'latent' | 'shardBytes'>,
  ownShape: ChannelsFirst,
): number {
  const shape = latent.buckets ? ownShape : commonShape(latent.shape);
  if (shape === undefined) return mostImagesOfOwnSize;
  const rowBytes = rowBytesOf({ shape, dtype: latent.dtype });
  const images = Math.floor(shardBytes / (rowBytes * latentTensorsOf(latent).length));
  return images >= 64 ? images - (images % 64) : Math.max(1, images);
}

/** Removes what a crash left: half-written files and shards that the manifest never came to name. */
async function removeLeftovers(place: WritingPlace, manifest: Manifest): Promise<void> {
  const { store, storage } = place;
  const { shards } = manifest;
  await place.keepOnlyAfter(manifest);
  const named = new Set(shards.flatMap(filesOfShard).map(({ file }) => file));
  for (const name of await storage.namesIn(store)) {
    const isJournal = shardNumberOf(name) === shards.length && name.includes('.partial');
    const isUnnamed = !Number.isNaN(shardNumberOf(name)) && !named.has(name) && !isJournal;
    if (isUnnamed) await storage.remove(below(store, name));
  }
}

async function readCommitted({ store, storage }: WritingPlace, { shards, latent }: Manifest) {
  const sizeOf = storage.sizesBelow(store);
  const paths: string[] = [];
  let moments: LatentMoments | undefined;
  for (const shard of shards) {
    await assertShardFiles(store, latent, shard, sizeOf);
    const index = await readShardIndex(store, shard);
    for (const { path } of index.images) paths.push(path);
    moments = mergeMoments(moments, parseMoments(index.moments));
  }
  return { paths, moments };
}
