/** What computes, and where. */
import { z } from 'zod';

export type { EngineOptions } from '../types/images-and-latents.js';

/** What can compute. */
export const engineNames = ['onnxruntime', 'tensorflow', 'tensorflow-gpu', 'cpu'] as const;
/** Where the onnxruntime engine can compute. */
export const deviceNames = ['cpu', 'webgpu', 'cuda'] as const;

/** Checks what computes and where, and fills in the defaults. */
export const engineOptionsSchema = z.strictObject({
  engine: z.enum(engineNames).default('onnxruntime').describe('what computes: ours on ONNX Runtime, or a tfjs backend'),
  device: z.enum(deviceNames).default('cpu').describe('where the onnxruntime engine computes'),
  threads: z.number().int().min(0).default(0).describe('threads of the onnxruntime engine, 0 = one per core'),
});
