/**
 * Wan's autoencoders for videos in one file, by the names of their own project (Wan2.1_VAE.pth, Wan2.2_VAE.pth, and
 * qwen_image_vae.safetensors, whose layers are those of Wan 2.1) or by diffusers'. The network is read off the weights' shapes.
 */
import { openTensorFile } from '../../../open-tensor-file.js';
import type { TensorFile } from '../../../tensor-file.js';
import type { ImportedAutoencoder } from '../diffusers/diffusers.js';
import { oneFrameNote } from '../diffusers/video.js';
import { importWeights } from '../imported-weights.js';
import { type AutoencoderPlace, findPlace } from '../prefix.js';
import { inferWanConfig } from './wan-config.js';
import { wanNaming } from './wan-names.js';

/** First convolutions of the halves, by either's names. */
const marks = [
  ['encoder.conv1.weight', 'decoder.conv1.weight'],
  ['encoder.conv_in.weight', 'decoder.conv_in.weight'],
] as const;

type OpenFile = Pick<TensorFile, 'path' | 'entries'>;

export const holdsWanAutoencoder = (file: OpenFile): boolean => placeOf(file) !== undefined;

/** Opens the autoencoder of a file that `holdsWanAutoencoder`. */
export async function readWanAutoencoder(path: string): Promise<ImportedAutoencoder> {
  const file = await openTensorFile(path);
  try {
    const place = placeOf(file);
    if (place === undefined) throw new Error(`${path} holds no autoencoder of Wan`);
    const { prefix, notes } = place;
    const own = [...file.entries.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    const rename = wanNaming(own.filter(isOfAutoencoder));
    const weights = await importWeights(path, [file], (name) => {
      const inside = name.slice(prefix.length);
      return name.startsWith(prefix) && isOfAutoencoder(inside) ? rename(inside) : undefined;
    });
    const config = inferWanConfig(weights.shapes, path);
    const told =
      config.latentsMean === null
        ? `${path} does not tell mean and deviation of its latents: measure them.`
        : `${path}: mean and deviation of its latents are those published for Wan's of ${config.latentChannels} channels.`;
    return { config, warnings: [...notes, told, oneFrameNote(path)], weights };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const isOfAutoencoder = (name: string): boolean =>
  /^(encoder|decoder|conv1|conv2|quant_conv|post_quant_conv)\./.test(name);

/** Convolutions over frames tell them from LDM's. */
function placeOf({ path, entries }: OpenFile): AutoencoderPlace | undefined {
  const overFrames = new Map([...entries].filter(([, { shape }]) => shape.length === 5));
  for (const names of marks) {
    const place = findPlace({ path, entries: overFrames }, names);
    if (place !== undefined) return place;
  }
  return undefined;
}
