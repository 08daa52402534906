/** ONNX Runtime, from the folder that the page came from. */
import { reasonOf, UserError } from '../../../errors.js';
import type { OnnxRuntime } from '../../index.js';
import type { EngineChoice, EngineReport, OnProgress } from '../protocol.js';
import { fetchBytes } from './fetch-bytes.js';

export interface Engine {
  readonly ort: OnnxRuntime;
  readonly report: EngineReport;
}

interface WebRuntime extends OnnxRuntime {
  readonly env: {
    logLevel: string;
    readonly wasm: { wasmPaths?: string; numThreads?: number; wasmBinary?: ArrayBuffer };
  };
}

/** The script of each build and the wasm that it wants; the one for WebGPU computes in wasm as well. */
const builds = {
  webgpu: { script: 'ort.webgpu.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify.wasm' },
  wasm: { script: 'ort.wasm.min.mjs', wasm: 'ort-wasm-simd-threaded.wasm' },
} as const;

const mostThreads = 8;

/** @param runtimeUrl of the folder with ONNX Runtime's files, with a slash at its end */
export async function openEngine(runtimeUrl: string, choice: EngineChoice, onProgress: OnProgress): Promise<Engine> {
  if (typeof WebAssembly === 'undefined') {
    throw new UserError(
      'This browser has no WebAssembly, which the networks need: allow it, or open the page in another.',
    );
  }
  const hasGpu = choice !== 'wasm' && (await findAdapter());
  const engine = hasGpu ? 'webgpu' : 'wasm';
  const { script, wasm } = builds[engine];
  const threads = self.crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
  try {
    const ort = (await import(new URL(script, runtimeUrl).href)) as WebRuntime;
    ort.env.logLevel = 'error';
    ort.env.wasm.wasmPaths = runtimeUrl;
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmBinary = (await fetchBytes(new URL(wasm, runtimeUrl).href, onProgress)).buffer;
    return { ort, report: { engine, threads, notes: notesOf(choice, engine, threads) } };
  } catch (error) {
    throw new UserError(
      `ONNX Runtime does not start here (${reasonOf(error)}): reload the page, or try another browser.`,
    );
  }
}

/** Typed here since TypeScript's own DOM types have no WebGPU. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

async function findAdapter(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: Gpu };
  // A browser may know WebGPU and refuse it by throwing as well as by answering null: either way there is none.
  return Boolean(await gpu?.requestAdapter().catch(() => null));
}

function notesOf(choice: EngineChoice, engine: EngineReport['engine'], threads: number): string[] {
  const notes: string[] = [];
  if (choice === 'webgpu' && engine === 'wasm')
    notes.push('This browser offers no WebGPU here: the networks run in WebAssembly.');
  if (engine === 'wasm' && threads === 1 && navigator.hardwareConcurrency > 1) {
    notes.push(
      'One thread computes: the server does not send the two headers (COOP and COEP) that would allow more. latent-vae explore --port sends them.',
    );
  }
  return notes;
}
