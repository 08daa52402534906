/** Runs ONNX models: the fast way to encode and decode once a model is trained. */
import { UserError } from '../../../errors.js';
import type { Numbers, NumericType } from '../numbers.js';
import { openSession } from './runtime.js';

/** Numbers with their shape, row-major. */
export interface OnnxArray {
  readonly shape: readonly number[];
  readonly data: Numbers;
}

/** An ONNX model that is ready to run. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Takes one array per input name, and returns one per output name. */
  run(inputs: Readonly<Record<string, OnnxArray>>): Record<string, OnnxArray>;
  dispose(): void;
}

/** Where an ONNX model runs. */
export interface OnnxSessionOptions {
  /** Where it runs. Default: cpu. */
  readonly device?: 'cpu' | 'webgpu' | 'cuda';
  /** 0 = one per core. */
  readonly threads?: number;
}

/** Opens an ONNX model given as bytes or as the path of a file, with all of ONNX Runtime's optimizations. */
export function openOnnxSession(
  model: Uint8Array | string,
  { device = 'cpu', threads = 0 }: OnnxSessionOptions = {},
): OnnxSession {
  const session = openSession(model, {
    executionProvider: device,
    threads,
    optimization: 'all',
    memoryArena: true,
    keepOutputsOnDevice: false,
    // Between runs, pictures are decoded and files written.
    spinsBetweenRuns: false,
  });
  const { inputNames, outputNames } = session;
  return {
    inputNames,
    outputNames,
    run(inputs) {
      const feeds = Object.fromEntries(
        inputNames.map((name) => {
          const input = inputs[name];
          if (!input) throw new UserError(`Input ${name} is missing: this model wants ${inputNames.join(', ')}.`);
          const { shape, data } = input;
          return [name, { location: 'cpu', dims: shape, type: elementType(data), data } as const];
        }),
      );
      const outputs = session.run(feeds, outputNames);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Numbers }]),
      );
    },
    dispose: () => session.dispose(),
  };
}

function elementType(data: Numbers): NumericType {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}
