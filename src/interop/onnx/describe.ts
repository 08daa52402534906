/** What `latent-vae info` tells of an ONNX file. */
import { readFile } from 'node:fs/promises';
import { sha256OfFile } from '../../digest.js';
import { type DecodedModel, decodeModel } from '../../engine/onnx/graph/model.js';
import { reasonOf, UserError } from '../../errors.js';
import { openForReading } from '../../files.js';

/** What is known of an ONNX file. */
export interface OnnxDescription extends DecodedModel {
  readonly path: string;
  readonly origin: 'ONNX';
  readonly sizeBytes: number;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** What is missing or odd, one sentence each. */
  readonly problems: readonly string[];
}

/** A protocol buffer holds no more. */
const largestBytes = 2 ** 31;

/**
 * Reads what an ONNX file says of itself.
 *
 * @throws UserError in one sentence where the file is no ONNX model
 */
export async function describeOnnxFile(path: string): Promise<OnnxDescription> {
  const { handle, sizeBytes } = await openForReading(path);
  await handle.close();
  if (sizeBytes > largestBytes) throw new UserError(`${path} is larger than 2 GiB, which no ONNX file can be.`);
  const decoded = decode(path, await readFile(path));
  const isOurs = Object.hasOwn(decoded.metadata, 'latent_vae.part');
  return {
    ...decoded,
    path,
    origin: 'ONNX',
    sizeBytes,
    files: [{ path, sha256: await sha256OfFile(path) }],
    problems: isOurs ? [] : [`${path} does not tell how images must be prepared: it was not exported here.`],
  };
}

function decode(path: string, bytes: Uint8Array): DecodedModel {
  const model = (() => {
    try {
      return decodeModel(bytes);
    } catch (error) {
      throw new UserError(`${path} is not an ONNX file (${reasonOf(error)}): get or export it again.`);
    }
  })();
  if (model.outputs.length > 0) return model;
  throw new UserError(`${path} is not an ONNX file: it has no graph with outputs. Get or export it again.`);
}
