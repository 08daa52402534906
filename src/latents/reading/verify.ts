/** Looks for everything that can be wrong with a store, and names it. */
import { sha256Of, sha256OfSource } from '../../digest.js';
import { UserError } from '../../errors.js';
import type { SafetensorsFile } from '../../interop/safetensors/safetensors.js';
import { below } from '../../storage/locations.js';
import { type SizeLookup, StorageRefusal } from '../../storage/storage.js';
import { storageOf } from '../../storage/storage-of.js';
import { readText } from '../format/json-file.js';
import { commonShape } from '../format/layout.js';
import {
  filesOfShard,
  type LatentDescription,
  latentOfShard,
  type Manifest,
  readManifest,
  type ShardRecord,
  skippedPath,
} from '../format/manifest.js';
import { checkCodes } from '../format/shards/codes.js';
import {
  assertShardFiles,
  type ImageRecord,
  type LatentTensor,
  latentBytesOf,
  latentTensorsOf,
  momentsOfShard,
  openShard,
  readLatentTensor,
  readShardIndex,
} from '../format/shards/shard.js';
import { readTexts } from '../format/shards/texts.js';
import { readSkipped } from '../format/skipped.js';
import {
  isExact,
  type LatentMoments,
  type LatentStatistics,
  mergeMoments,
  parseMoments,
  statisticsOf,
  storedMoments,
} from '../format/statistics.js';

/**
 * Checks every hash, size, shape, label, path and value of a store, and that the statistics are those of the latents.
 *
 * @returns one sentence per problem; none for a sound store
 * @throws UserError where the object store that it is in refuses or does not answer
 */
export async function verifyLatents(store: string): Promise<string[]> {
  const problems: string[] = [];
  const manifest = await attempt(problems, () => readManifest(store));
  if (manifest === undefined) return problems;
  if (!manifest.complete) problems.push(`${store} is not finished: run the same encode again.`);
  const paths = new Set<string>();
  const codes = new Map<number, string>();
  let moments: LatentMoments | undefined;
  let isAllExact = true;
  const sizeOf = (await storageOf(store)).sizesBelow(store);
  for (const shard of manifest.shards) {
    const checked = await attempt(problems, () =>
      checkShard(store, manifest, shard, { paths, codes, sizeOf }, problems),
    );
    if (checked === undefined) continue;
    moments = mergeMoments(moments, checked.moments);
    isAllExact &&= checked.isExact;
  }
  const statistics = moments === undefined ? null : statisticsOf(moments);
  const isTheirs = isAllExact ? isSame : isCloseTo;
  if (problems.length === 0 && !isTheirs(statistics, manifest.statistics)) {
    problems.push(`${store}: manifest.json's statistics are not those of the latents.`);
  }
  await attempt(problems, () => checkSkipped(store, manifest, paths, problems));
  problems.push(...(await strangers(store, manifest)));
  return problems;
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Earlier versions rounded what they added up. */
const roundedTolerance = 1e-6;

function isCloseTo(a: LatentStatistics | null, b: LatentStatistics | null): boolean {
  if (a === null || b === null) return a === b;
  const [left, right] = [Object.values(a).flat(), Object.values(b).flat()] as number[][];
  const scale = Math.max(...b.std);
  return left!.every((value, index) => {
    return Math.abs(value - right![index]!) <= roundedTolerance * Math.max(scale, Math.abs(value));
  });
}

/** What `check` answers, or undefined and its sentence among the problems. */
async function attempt<Result>(problems: string[], check: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await check();
  } catch (error) {
    // What cannot be read now is not damaged.
    if (!(error instanceof UserError) || error instanceof StorageRefusal) throw error;
    problems.push(error.message);
    return undefined;
  }
}

async function checkShard(
  store: string,
  manifest: Manifest,
  shard: ShardRecord,
  { paths, codes, sizeOf }: { paths: Set<string>; codes: Map<number, string>; sizeOf: SizeLookup },
  problems: string[],
): Promise<{ moments: LatentMoments; isExact: boolean }> {
  await assertShardFiles(store, manifest.latent, shard, sizeOf);
  const latent = latentOfShard(manifest.latent, shard);
  for (const file of filesOfShard(shard)) await checkHash(store, file);
  await readTexts(store, shard);
  const { images, moments } = await readShardIndex(store, shard);
  for (const { path } of images) {
    if (paths.has(path)) problems.push(`${store} holds ${path} twice.`);
    paths.add(path);
  }
  const file = await openShard(store, manifest, shard);
  try {
    await checkLabels(
      file,
      manifest,
      images.map(({ class: name }) => name),
    );
    await checkSizes(file, latent, images);
    for (const tensor of latentTensorsOf(latent)) await checkFinite(file, latent, tensor);
    await checkLatents(file, latent, images);
    await checkCodes(file, latent, images.length, codes);
    const measured = await momentsOfShard(file, latent);
    const isTheirs = isExact(moments)
      ? isSame(storedMoments(measured), moments)
      : isCloseTo(statisticsOf(measured), statisticsOf(parseMoments(moments)));
    if (!isTheirs) throw new UserError(`${file.path}: its index has the moments of other latents.`);
    return { moments: measured, isExact: isExact(moments) };
  } finally {
    await file.close();
  }
}

async function checkHash(store: string, { file, sha256 }: ShardRecord['latents']): Promise<void> {
  const path = below(store, file);
  const { source } = await (await storageOf(path)).open(path);
  const got = await sha256OfSource(source);
  if (got !== sha256) throw new UserError(`${path} is damaged: its sha256 is ${got}, wanted ${sha256}.`);
}

async function checkLabels(file: SafetensorsFile, manifest: Manifest, classes: (string | null)[]): Promise<void> {
  const labels = await file.readSlice('label', 0, classes.length);
  classes.forEach((name, row) => {
    const label = Number(labels[row]);
    const meant = manifest.classes[label] ?? null;
    if (meant === name && label >= -1 && label < manifest.classes.length) return;
    throw new UserError(`${file.path}: image ${row} has the label ${label} (${meant}), but its class is ${name}.`);
  });
}

/** A picture that keeps its own size has a latent of that size. */
async function checkSizes(
  file: SafetensorsFile,
  latent: LatentDescription,
  images: readonly ImageRecord[],
): Promise<void> {
  if (commonShape(latent.shape) !== undefined) return;
  for (const [row, { crop, padding }] of images.entries()) {
    const { shape } = await readLatentTensor(file, latent, 'mean', row);
    const [height, width] = [crop.height + (padding?.bottom ?? 0), crop.width + (padding?.right ?? 0)];
    const pxPerCell = height / shape[1];
    if (Number.isInteger(pxPerCell) && width === pxPerCell * shape[2]) continue;
    throw new UserError(`${file.path}: image ${row} of ${height}×${width} px has a latent of ${shape.join('×')}.`);
  }
}

/**
 * Every latent is the one that the encoder gave for its image: two writers at once leave files whose own hashes fit, with
 * latents in the rows of other images.
 */
async function checkLatents(
  file: SafetensorsFile,
  latent: LatentDescription,
  images: readonly ImageRecord[],
): Promise<void> {
  for (const [row, { path, latentSha256 }] of images.entries()) {
    if (latentSha256 === undefined || sha256Of(await latentBytesOf(file, latent, row)) === latentSha256) continue;
    throw new UserError(`${file.path}: row ${row} is not the latent that was encoded of ${path}: encode it anew.`);
  }
}

async function checkFinite(file: SafetensorsFile, latent: LatentDescription, tensor: LatentTensor): Promise<void> {
  const images = file.entries.get('label')?.shape[0] ?? 0;
  for (let image = 0; image < images; image++) {
    const { values } = await readLatentTensor(file, latent, tensor, image);
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place < 0) continue;
    throw new UserError(`${file.path}: ${tensor} of image ${image} has the value ${values[place]}.`);
  }
}

async function checkSkipped(
  store: string,
  { skipped }: Manifest,
  stored: ReadonlySet<string>,
  problems: string[],
): Promise<void> {
  const text = await readText(skippedPath(store));
  if (sha256Of(text) !== skipped.sha256) problems.push(`${skippedPath(store)} was changed: its sha256 does not fit.`);
  for (const { path } of await readSkipped(store)) {
    if (stored.has(path)) problems.push(`${skippedPath(store)} lists ${path}, which is stored.`);
  }
}

/** Files that look like a part of the store and are none. */
async function strangers(store: string, { shards }: Manifest): Promise<string[]> {
  const known = new Set(shards.flatMap(filesOfShard).map(({ file }) => file));
  const names = (await (await storageOf(store)).namesIn(store)).filter(
    (name) => name.startsWith('latents-') && !known.has(name),
  );
  return names.map((name) => `${below(store, name)} belongs to no shard of manifest.json.`);
}
