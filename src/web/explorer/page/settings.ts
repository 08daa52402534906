/** What the page's address asks for. */
import type { EngineChoice } from '../protocol.js';

/** `?engine=wasm` or `webgpu`; without it, WebGPU where it is right. */
export function engineChoice(): EngineChoice {
  const wanted = new URLSearchParams(location.search).get('engine');
  return wanted === 'wasm' || wanted === 'webgpu' ? wanted : 'auto';
}

/** What is added to the address of a page that began anew in wasm, since ONNX Runtime broke down in WebGPU. */
const brokenGpu = 'webgpu-broke-down';

/** Begins anew in wasm: after a trap, ONNX Runtime computes nothing any more. @returns whether that was not tried before */
export function beginAnewInWasm(): boolean {
  const address = new URL(location.href);
  if (engineChoice() === 'wasm') return false;
  address.searchParams.set('engine', 'wasm');
  address.searchParams.set(brokenGpu, '');
  location.replace(address);
  return true;
}

/** A sentence on why the page computes as it does, if it began anew. */
export function restartNote(): string | undefined {
  if (!new URLSearchParams(location.search).has(brokenGpu)) return undefined;
  return 'ONNX Runtime broke down in WebGPU here: the networks run in WebAssembly.';
}
