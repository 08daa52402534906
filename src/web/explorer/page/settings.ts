/** What the page's address asks for. */
import type { EngineChoice } from '../protocol.js';

/** `?engine=wasm` or `webgpu`; without it, WebGPU where it is right. */
export function engineChoice(): EngineChoice {
  const wanted = new URLSearchParams(location.search).get('engine');
  return wanted === 'wasm' || wanted === 'webgpu' ? wanted : 'auto';
}
