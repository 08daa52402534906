/** The package onnxruntime-web, which comes with 139 MB that only this wants: an optional peer. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';

/** What the page loads of it: a script, its threads' script and the wasm, for WebGPU and for wasm alone. */
export const runtimeFiles = [
  'ort.webgpu.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
  'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
] as const;

/** The version that the page was tested with. */
const wantedVersion = '1.30.0';

/**
 * The folder of onnxruntime-web's files.
 *
 * @throws UserError with the command that installs it
 */
export function findWebRuntime(): string {
  // Beside this package, or in the project from which the command was typed.
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return dirname(createRequire(from).resolve('onnxruntime-web/wasm'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new UserError(
    `explore puts onnxruntime-web beside the page, which is not installed (139 MB): npm install onnxruntime-web@${wantedVersion}`,
  );
}
