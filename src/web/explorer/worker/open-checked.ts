/** Tokenizers whose numbers were compared with wasm's before anybody sees them. */
import { syntheticImage } from '../../../data/synthetic/picture.js';
import { reasonOf } from '../../../errors.js';
import { openTokenizer, type PixelImage, type Tokenizer, type TokenizerFiles } from '../../index.js';
import type { EngineReport } from '../protocol.js';
import type { Engine } from './runtime.js';

export interface CheckedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly engine: EngineReport['engine'];
  readonly notes: readonly string[];
}

/** A reconstruction in grey levels, and a latent in units of its greatest value, may differ by so much. */
const tolerance = { greyLevels: 3, latent: 0.02 };

/**
 * In WebGPU where the engine has it and its numbers are right, else in wasm. (ONNX Runtime's first convolution over more than
 * three channels is wrong in some versions: microsoft/onnxruntime#29651.)
 */
export async function openChecked(
  { ort, report }: Engine,
  files: TokenizerFiles,
  name: string,
): Promise<CheckedTokenizer> {
  const inWasm = await openTokenizer(ort, files, { executionProviders: ['wasm'], name });
  if (report.engine === 'wasm') return { tokenizer: inWasm, engine: 'wasm', notes: [] };
  const fallBack = (why: string): CheckedTokenizer => {
    return { tokenizer: inWasm, engine: 'wasm', notes: [`${name} runs in WebAssembly: ${why}.`] };
  };
  try {
    const onGpu = await openTokenizer(ort, files, { executionProviders: ['webgpu'], name });
    const difference = await compare(inWasm, onGpu);
    if (difference !== null) {
      await onGpu.dispose();
      return fallBack(`WebGPU computes it wrongly here (${difference})`);
    }
    await inWasm.dispose();
    return { tokenizer: onGpu, engine: 'webgpu', notes: [] };
  } catch (error) {
    return fallBack(`WebGPU refuses it (${reasonOf(error).slice(0, 120)})`);
  }
}

/** How the two differ, in words; null where they do not. */
async function compare(trusted: Tokenizer, other: Tokenizer): Promise<string | null> {
  const side =
    trusted.facts.latent.imageSize ??
    trusted.facts.latent.sizeMultiple * Math.ceil(48 / trusted.facts.latent.sizeMultiple);
  const picture: PixelImage = { pixels: syntheticImage('dead-leaves', 1, side), width: side, height: side };
  const wanted = await trusted.encode(picture);
  const got = await other.encode(picture);
  const largest = wanted.mean.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const latent = greatestDifference(wanted.mean, got.mean) / largest;
  if (!(latent <= tolerance.latent)) return `the latent by ${(100 * latent).toFixed(0)} %`;
  const [right, shown] = [await trusted.decode(wanted.mean, wanted), await other.decode(wanted.mean, wanted)];
  const greyLevels = greatestDifference(right.pixels, shown.pixels);
  return greyLevels <= tolerance.greyLevels ? null : `by up to ${greyLevels} grey levels`;
}

function greatestDifference(a: Float32Array | Uint8Array, b: Float32Array | Uint8Array): number {
  // NaN stays NaN, which is within no tolerance.
  let greatest = 0;
  for (let at = 0; at < a.length; at++) {
    const difference = Math.abs(a[at]! - b[at]!);
    if (!(difference <= greatest)) greatest = difference;
  }
  return greatest;
}
