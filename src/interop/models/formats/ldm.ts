/**
 * Autoencoders in one file: LDM's and generative-models' names (github.com/CompVis/latent-diffusion, taming-transformers,
 * black-forest-labs/flux) or diffusers', alone or inside a whole checkpoint. The network is read off the weights' shapes.
 */
import type { Half } from '../../../autoencoder/halves.js';
import { counted } from '../../../quantities.js';
import { openTensorFile } from '../../open-tensor-file.js';
import type { TensorFile } from '../../tensor-file.js';
import type { ImportedAutoencoder } from './diffusers/diffusers.js';
import { completeFlux2, flux2Mark } from './flux2-statistics.js';
import { importWeights } from './imported-weights.js';
import { inferLdmConfig } from './ldm-config.js';
import { countLevels, diffusersName } from './ldm-names.js';
import { type AutoencoderPlace, findPlace, prefixesOf } from './prefix.js';

export interface LdmAutoencoder extends ImportedAutoencoder {
  /** Whose names the file has. */
  readonly names: 'LDM' | 'diffusers';
}

type OpenFile = Pick<TensorFile, 'path' | 'entries'>;

/** Whether the file holds an autoencoder that `readLdmAutoencoder` understands, or a half of one. */
export const holdsLdmAutoencoder = (file: OpenFile): boolean => placeOf(file) !== undefined;

/** Opens the autoencoder of a .ckpt, .pt, .pth or .safetensors file that `holdsLdmAutoencoder`. */
export async function readLdmAutoencoder(path: string): Promise<LdmAutoencoder> {
  const file = await openTensorFile(path);
  try {
    const place = placeOf(file);
    if (place === undefined) throw new Error(`${path} holds no autoencoder of LDM`);
    const { prefix, bare = '', notes } = place;
    const own = (name: string) => (name.startsWith(prefix) ? bare + name.slice(prefix.length) : undefined);
    const names = [...file.entries.keys()].flatMap((name) => own(name) ?? []);
    const levels = countLevels(names);
    const weights = await importWeights(path, [file], (name) => {
      const inside = own(name);
      return inside === undefined ? undefined : diffusersName(inside, levels);
    });
    const scalingFactor = await readScalingFactor(file);
    const inferred = { ...inferLdmConfig(weights.shapes, path), scalingFactor };
    const isFlux2 = file.entries.has(prefix + flux2Mark);
    const config = isFlux2 ? await completeFlux2(inferred, file, prefix) : inferred;
    const untold = scalingFactor === null && !isFlux2;
    return {
      config,
      warnings: [
        ...notes,
        ...(untold ? [`${path} does not tell its scaling factor: measure it or give it.`] : []),
        ...otherParts(path, prefix, weights.unused),
      ],
      weights,
      names: names.some((name) => /\.(down|up)_blocks\./.test(name)) ? 'diffusers' : 'LDM',
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** `bare` is what the names lack, where a half was saved by itself. */
type LdmPlace = AutoencoderPlace & { readonly bare?: `${Half}.` };

const marks = ['encoder.conv_in.weight', 'decoder.conv_in.weight'] as const;

/** Where both halves, or one, stand in the file. Convolutions over frames are those of another family. */
function placeOf(file: OpenFile): LdmPlace | undefined {
  const images = new Map([...file.entries].filter(([, { shape }]) => shape.length !== 5));
  const place = findPlace({ path: file.path, entries: images }, marks);
  return place ?? bareHalf({ path: file.path, entries: images });
}

/** A half saved by itself: it has levels of one direction, where a U-Net has both and a ControlNet no last convolution. */
function bareHalf({ path, entries }: OpenFile): LdmPlace | undefined {
  for (const prefix of prefixesOf(entries, 'conv_in.weight')) {
    if (!entries.has(`${prefix}conv_out.weight`)) continue;
    const goes = (way: string) =>
      [...entries.keys()].some((name) =>
        [`${way}.0.`, `${way}_blocks.0.`].some((part) => name.startsWith(prefix + part)),
      );
    const [down, up] = [goes('down'), goes('up')];
    if (down === up) continue;
    const half = down ? 'encoder' : 'decoder';
    const convolution = down ? 'quant_conv' : 'post_quant_conv';
    const note = `${path} holds the layers of an ${half} by itself: where its model has a ${convolution}, that is missing here.`;
    return { prefix, bare: `${half}.`, notes: [note.replace('an decoder', 'a decoder')] };
  }
  return undefined;
}

/** LDM's `scale_by_std` leaves the factor it measured among the weights. */
async function readScalingFactor(file: TensorFile): Promise<number | null> {
  const [prefix] = prefixesOf(file.entries, scaleName);
  if (prefix === undefined) return null;
  const name = prefix + scaleName;
  if (file.entries.get(name)?.shape.some((size) => size !== 1)) return null;
  const [factor = 0] = await file.readFloat32(name);
  return factor > 0 && Number.isFinite(factor) ? factor : null;
}

const scaleName = 'scale_factor';

/** What of the file was not read, by the first of the names that tell it apart from the autoencoder. */
function otherParts(path: string, prefix: string, unused: readonly string[]): string[] {
  const others = unused.filter((name) => !name.endsWith(scaleName) && !name.startsWith(`${prefix}bn.`));
  if (others.length === 0) return [];
  const before = prefix.split('.').slice(0, -1);
  const partOf = (name: string) => {
    const parts = name.split('.');
    const different = parts.findIndex((part, index) => part !== before[index]);
    return parts.slice(0, different + 1).join('.');
  };
  const names = [...new Set(others.map(partOf))];
  const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
  return [`${path}: left out ${counted(others.length, 'tensor')} of other parts (${some}).`];
}
