/**
 * `node dist/experiments/measure-seams.js [WEIGHTS] [PHOTOS] [SIDE]`: how far pictures that were encoded and decoded in
 * tiles are from those that were not. The picture is a square mosaic of 16 photographs of a folder, or the centre of one
 * photograph, 1024 px wide unless told.
 *
 * Two networks of the same trained convolutions: TAEF2 as it is, whose middle blocks normalise over the whole image, and TAEF2
 * without that branch, which sees nothing farther away than its convolutions reach.
 */
import * as tf from '@tensorflow/tfjs-core';
import { print, printJson } from '../scripts/cli/output.js';
import { createAutoencoder } from '../src/autoencoder/autoencoder.js';
import { engineOptionsSchema, type TinyModelConfig } from '../src/config/config.js';
import { findImages } from '../src/data/images.js';
import { decodeImage } from '../src/data/pictures/decode.js';
import type { Picture } from '../src/data/pictures/framing/crop.js';
import { selectEngine } from '../src/engine/select.js';
import { readTinyAutoencoder } from '../src/interop/models/formats/taesd.js';
import { loadWeights } from '../src/interop/models/weight-initializer.js';
import { latentDecoder, latentEncoder } from '../src/latents/codec.js';
import { decodeInTiles } from '../src/latents/reading/decode-tiles.js';
import { tileMethod } from '../src/latents/writing/encoding/encode-tiles.js';

const tilings = [
  { tileSize: 512, tileOverlap: 0.25, wholePixels: 0 },
  { tileSize: 256, tileOverlap: 0.25, wholePixels: 0 },
  { tileSize: 512, tileOverlap: 0.125, wholePixels: 0 },
];
const [, , weightsPath = '../shared/weights/taef2_encoder.pth', photos = '../shared/images/photos', width] =
  process.argv;
const side = Number(width ?? 1024);
const whole = { tileSize: side, tileOverlap: 0 };

async function squarePicture(): Promise<Picture> {
  const files = await findImages(photos);
  const pixels = new Uint8Array(side * side * 3);
  const tiles = files.length === 1 ? 1 : 4;
  const tileSide = side / tiles;
  for (let tile = 0; tile < tiles * tiles; tile++) {
    const file = files[Math.floor((tile * files.length) / tiles ** 2)]?.path ?? '';
    const how = { size: tileSide, crop: { kind: 'center' }, mirror: false, maxPixels: 2 ** 26 } as const;
    const photo = (await decodeImage(file, how)).pixels;
    const [top, left] = [Math.floor(tile / tiles) * tileSide, (tile % tiles) * tileSide];
    for (let line = 0; line < tileSide; line++) {
      const row = photo.subarray(line * tileSide * 3, (line + 1) * tileSide * 3);
      pixels.set(row, ((top + line) * side + left) * 3);
    }
  }
  return { channels: 3, pixels, width: side, height: side };
}

async function openNetwork(midBlockNorm: boolean) {
  const { config, weights } = await readTinyAutoencoder(weightsPath);
  await using open = weights;
  const loaded = await loadWeights(weightsPath, open);
  const tiny: TinyModelConfig = { ...config, midBlockNorm };
  return createAutoencoder(tiny, { weights: loaded.initializer });
}

/** Mean and largest absolute difference, in units of 1/255. */
function difference(a: Picture, b: Picture) {
  let [sum, most] = [0, 0];
  a.pixels.forEach((value, index) => {
    const error = Math.abs(value - (b.pixels[index] as number));
    sum += error;
    if (error > most) most = error;
  });
  return { mean: sum / a.pixels.length, most };
}

const engineOptions = engineOptionsSchema.parse({});
await selectEngine(engineOptions);
const picture = await squarePicture();
const record = {
  path: 'picture.png',
  class: null,
  sha256: '0'.repeat(64),
  width: picture.width,
  height: picture.height,
  crop: { left: 0, top: 0, width: picture.width, height: picture.height },
};
for (const midBlockNorm of [false, true]) {
  const model = await openNetwork(midBlockNorm);
  const fingerprint = { name: 'TAEF2', sha256: '0'.repeat(64) };
  const [encoder, decoder] = [
    latentEncoder(model, fingerprint, engineOptions),
    latentDecoder(model, fingerprint, engineOptions),
  ];
  const encode = async (size: typeof whole) => {
    const method = tileMethod({ encoder, size, mirrored: false });
    method.add({ record, picture, square: null });
    const { posteriors, shape, images } = await method.encode();
    const [channels, height, width] = shape;
    return { mean: posteriors[0]?.mean ?? new Float32Array(), shape: [height, width, channels] as const, images };
  };
  const decode = ({ mean, shape, images }: Awaited<ReturnType<typeof encode>>, tiling: typeof whole) => {
    return decodeInTiles(decoder, mean, shape, tiling, images[0]?.padding);
  };
  const latent = await encode(whole);
  const reference = await decode(latent, whole);
  print(
    `${midBlockNorm ? 'with' : 'without'} normalisation: whole picture, restored: ${JSON.stringify(difference(picture, reference))}`,
  );
  for (const tiling of tilings) {
    const tiled = await encode(tiling);
    printJson({
      midBlockNorm,
      ...tiling,
      decodedInTiles: difference(await decode(latent, tiling), reference),
      encodedAndDecodedInTiles: difference(await decode(tiled, tiling), reference),
    });
  }
  tf.dispose([...model.parameters.values()]);
}
