/** What a part adds to the whole, with the proof that no other part holds an image of it. */
import { UserError } from '../../errors.js';
import { storageOf } from '../../storage/storage-of.js';
import type { Manifest } from '../format/manifest.js';
import { assertShardFiles, readShardIndex } from '../format/shards/shard.js';
import { type LatentMoments, mergeMoments, parseMoments } from '../format/statistics.js';
import { isInPart, type Part } from './part.js';

export interface PartManifest {
  readonly part: Part;
  /** Name of the part's folder, and its path. */
  readonly folder: string;
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * The moments of a part, undefined for one without images. That no image is in two parts follows from the paths, which decide the
 * part, so that the paths of one part are in memory at a time; those of images in tars are all gathered in `pathsInTars`.
 *
 * @throws UserError for an image that is there twice or belongs to another part
 */
export async function summarizePart(
  { part, path, manifest }: PartManifest,
  pathsInTars: Set<string>,
): Promise<LatentMoments | undefined> {
  let moments: LatentMoments | undefined;
  const isOfTars = manifest.part?.of === 'tars';
  const paths = isOfTars ? pathsInTars : new Set<string>();
  const sizeOf = (await storageOf(path)).sizesBelow(path);
  for (const shard of manifest.shards) {
    await assertShardFiles(path, manifest.latent, shard, sizeOf);
    const index = await readShardIndex(path, shard);
    for (const image of index.images) {
      if (paths.has(image.path)) {
        const where = isOfTars ? 'which is stored already' : 'twice';
        throw new UserError(`${path} holds ${image.path}, ${where}: encode that part again, into an empty folder.`);
      }
      paths.add(image.path);
      if (isOfTars || isInPart(image.path, part)) continue;
      throw new UserError(`${path} holds ${image.path}, which belongs to another part: encode both parts again.`);
    }
    moments = mergeMoments(moments, parseMoments(index.moments));
  }
  return moments;
}
