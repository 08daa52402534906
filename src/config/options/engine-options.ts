/** What computes, and where. */
import { z } from 'zod';

export type { EngineOptions } from '../types/images-and-latents.js';

export const engineNames = ['onnxruntime', 'tensorflow', 'tensorflow-gpu', 'cpu'] as const;
export const deviceNames = ['cpu', 'webgpu', 'cuda'] as const;

export const engineOptionsSchema = z.strictObject({
  engine: z.enum(engineNames).default('onnxruntime').describe('what computes: ours on ONNX Runtime, or a tfjs backend'),
  device: z.enum(deviceNames).default('cpu').describe('where the onnxruntime engine computes'),
  threads: z.number().int().min(0).default(0).describe('threads of the onnxruntime engine, 0 = one per core'),
});
