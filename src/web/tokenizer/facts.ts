/** What an exported file of an autoencoder tells of itself: read from the ONNX file's own metadata. */
import protobuf from 'protobufjs/minimal.js';
import type { OnnxLatentFacts } from '../../config/networks/onnx-metadata.js';
import type { Scaling } from '../../config/networks/scaling.js';
import { reasonOf, UserError } from '../../errors.js';

/** The half of an autoencoder that a file holds. */
export type TokenizerPart = 'encoder' | 'decoder';

/** What an exported file tells of itself. */
export interface TokenizerFacts {
  readonly part: TokenizerPart;
  /** The order of the axes of images and latents. */
  readonly layout: 'NCHW' | 'NHWC';
  readonly latent: OnnxLatentFacts;
  /** Diffusion sees (latent - shift) · factor; null where nobody has measured them. */
  readonly scaling: Scaling | null;
  /** Any other entries, as they stand in the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** ModelProto.metadata_props and StringStringEntryProto of onnx.proto3. */
const fields = { metadataProps: 14, key: 1, value: 2 } as const;

/**
 * The entries of an ONNX file's metadata; runs over the file without decoding its graph.
 *
 * @throws UserError where the bytes are no ONNX file
 */
export function readOnnxMetadata(bytes: Uint8Array, name: string): Record<string, string> {
  try {
    const reader = protobuf.Reader.create(bytes);
    const metadata: Record<string, string> = {};
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 !== fields.metadataProps) reader.skipType(tag & 7);
      else {
        const [key, value] = readEntry(reader.bytes());
        metadata[key] = value;
      }
    }
    return metadata;
  } catch (error) {
    throw new UserError(`${name} is not an ONNX file (${reasonOf(error)}): export it again.`);
  }
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const reader = protobuf.Reader.create(bytes);
  const entry: [string, string] = ['', ''];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === fields.key) entry[0] = reader.string();
    else if (tag >>> 3 === fields.value) entry[1] = reader.string();
    else reader.skipType(tag & 7);
  }
  return entry;
}

/**
 * Reads what an exported file of an autoencoder tells of itself.
 *
 * @param name what a message calls the file
 * @throws UserError in one sentence where the file is no part of a tokenizer
 */
export function readTokenizerFacts(bytes: Uint8Array, name: string): TokenizerFacts {
  const metadata = readOnnxMetadata(bytes, name);
  const part = metadata['latent_vae.part'];
  const latent = metadata['latent_vae.latent'];
  if ((part !== 'encoder' && part !== 'decoder') || latent === undefined) {
    throw new UserError(
      `${name} is no tokenizer: it does not tell how pictures must be prepared. Export a model with latent-vae export --format onnx.`,
    );
  }
  try {
    const images = JSON.parse(metadata['latent_vae.images'] ?? '{}');
    const scaling = JSON.parse(metadata['latent_vae.scaling'] ?? '{}');
    return {
      part,
      layout: images.layout === 'NHWC' ? 'NHWC' : 'NCHW',
      latent: JSON.parse(latent),
      scaling: scaling.factor === undefined ? null : { factor: scaling.factor, shift: scaling.shift ?? 0 },
      metadata,
    };
  } catch (error) {
    throw new UserError(`${name} holds damaged metadata (${reasonOf(error)}): export it again.`);
  }
}
