/** `latent-vae encode` */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { encodeOptionsSchema } from '../../src/config/config.js';
import type { ImageSet } from '../../src/data/images.js';
import { UserError } from '../../src/errors.js';
import { int8Sentence } from '../../src/latents/format/int8.js';
import { skippedPath } from '../../src/latents/format/manifest.js';
import type { ChosenPart } from '../../src/latents/parts/part-of-job.js';
import type { EncodeSummary } from '../../src/latents/writing/encode-options.js';
import { counted, formatBytes, formatSeconds } from '../../src/quantities.js';
import { defineCommand } from '../cli/command.js';
import { modelOption } from '../cli/model-option.js';
import { note, noteSkipped, print } from '../cli/output.js';
import { changeLines } from '../cli/pictures/changes.js';
import { assertOneFraming, framingOf } from '../cli/pictures/framing.js';
import { imagesMeaning, noteImages } from '../cli/pictures/images.js';
import { startProgress } from '../cli/progress.js';

export const command = defineCommand({
  name: 'encode',
  description:
    'Compress the images of a folder to latents: shards of posterior means and log-variances, and a manifest. Run again, it ' +
    'goes on where it was stopped, adds new images, and names those that changed or are gone; --update and --prune make the ' +
    'store what a fresh encode would be.\n\n' +
    'With --tile every picture keeps its size and shape, continued by reflection to whole cells of the latent. Pictures larger ' +
    'than a tile, and than --whole-pixels, are encoded in tiles that overlap and are blended, a row of tiles at a time. A network whose ' +
    'layers normalise over the whole image (group norm, and attention in the middle) sees the statistics of one tile at a ' +
    'time: contrast and colour can then differ a little from tile to tile, the more the smaller tiles are. Networks without ' +
    'such layers (TAESD) give what the whole picture would give.\n\n' +
    'With --buckets every picture is resized to cover the nearest of several shapes of about --area px, whose sides are ' +
    'multiples of --multiple, and its middle is taken. A shard, and a batch of the readers, then has one shape.',
  arguments: {
    '<images>': imagesMeaning,
  },
  options: z.strictObject({
    model: modelOption,
    out: z.string().describe('folder of the latents, or s3://bucket/prefix'),
    ...encodeOptionsSchema.shape,
  }),
  inObjectStores: ['<images>', 'out'],
  examples: [
    'latent-vae encode photos/ --out latents/',
    'latent-vae encode photos/ --model runs/a --out latents/',
    "latent-vae encode 'shards/*.tar' --model runs/a --out latents/ --dtype float16 --mirrored",
    'latent-vae encode photos/ --model runs/a --out latents/ --tile --tile-size 1024',
    'latent-vae encode photos/ --model runs/a --out latents/ --buckets --area 256x256 --multiple 64',
    'latent-vae encode photos/ --model runs/a --out latents/ --part 3/8',
    'latent-vae encode s3://lab/photos --out s3://lab/latents',
    'latent-vae encode photos/ --model runs/a --out latents/ --update --prune',
  ],
  async run([images = ''], options, { json, signal }) {
    const { model: path, part: typedPart, parts, buckets: _, ...how } = options;
    assertOneFraming(options);
    const { selectEngine } = await import('../../src/engine/select.js');
    const { latentEncoder } = await import('../../src/latents/codec.js');
    const { openModel } = await import('../../src/training/run/trained-model.js');

    const { openImages } = await import('../../src/data/images.js');
    const { encodeFolder } = await import('../../src/latents/writing/encode.js');
    const { choosePart, openPartFolder, restrictToPart } = await import('../../src/latents/parts/part-of-job.js');
    const part = choosePart({ part: typedPart, parts });
    const out = part ? await openPartFolder(options.out, part) : options.out;
    const found = await openImages(images, { ...how, signal });
    noteImages(found);
    if (options.prune) assertAllSearched(found);
    const chosen = restrictToPart(found, part);
    if (part) note(partSentence(part, chosen.files.length, found.files.length, out));
    await selectEngine(options);
    const { model, sha256 } = await openModel(path);
    const size = options.size ?? model.config.imageSize;
    const framing = framingOf(options, model.config.imageSize);
    const { memoryOfPictures } = await import('../../src/latents/encoding-memory.js');
    const plan = {
      config: model.config,
      size: framing,
      batch: options.batch,
      mirrored: options.mirrored,
      engine: options,
    };
    note(`${basename(resolve(path))}: ${memoryOfPictures(plan).sentence}`);
    const { int8ForStore } = await import('../../src/latents/int8.js');
    const isInt8 = options.precision === 'int8';
    const int8 = isInt8 ? await int8ForStore(out, { model, sha256 }, found.files, { ...options, size }) : undefined;
    const progress = startProgress(part ? `encoding part ${part.number} of ${part.count}` : 'encoding');
    const summary = await encodeFolder({
      ...how,
      ...chosen,
      out,
      size: framing,
      encoder: latentEncoder(model, { name: basename(resolve(path)), sha256, ...(int8 && { int8 }) }, options),
      signal,
      onProgress({ done, total, imagesPerSecond, secondsLeft }) {
        progress.update(done / total, secondsLeft, {
          images: `${done}/${total}`,
          'images/s': imagesPerSecond.toFixed(1),
        });
      },
    }).finally(progress.stop);
    noteSkipped(summary.skipped);
    if (summary.skipped.length > 0) note(`${skippedPath(out)} lists them; --retry-skipped tries them again.`);
    if (!summary.complete) note('Interrupted; what was encoded is kept. Run the same command to go on.');
    for (const line of changeLines(summary, options)) note(line);
    if (part && summary.renewal) note(`Merge the parts again: ${options.out} names what part ${part.number} was.`);
    if (!json) printSummary(out, summary);
    if (!json && int8) print(int8Sentence(int8));
    // What comes before the damage is stored, and what was said of it stays true.
    if (found.damage[0] !== undefined) throw found.damage[0];
    return { ...summary, ...(int8 && { int8 }), leftOut: found.leftOut };
  },
});

function partSentence({ number, count, source }: ChosenPart, chosen: number, all: number, out: string): string {
  return `Part ${number} of ${count} (${source}): ${chosen} of ${counted(all, 'image')}, into ${out}; --part 1/1 takes all.`;
}

function printSummary(
  out: string,
  { images, encoded, shards, sizeBytes, seconds, imagesPerSecond }: EncodeSummary,
): void {
  print(`${out}: ${counted(images, 'image')} in ${counted(shards, 'shard')}, ${formatBytes(sizeBytes)}`);
  print(`${encoded} encoded in ${formatSeconds(seconds)}, ${imagesPerSecond.toFixed(1)} images/s`);
}

/** What was not seen must not count as gone. */
function assertAllSearched({ damage, unsearched }: ImageSet): void {
  const [folder] = unsearched;
  const reason = damage[0]?.message ?? (folder === undefined ? undefined : `The folder ${folder} cannot be searched.`);
  if (reason === undefined) return;
  throw new UserError(`${reason} Its images would count as gone: mend that, or leave out --prune.`);
}
