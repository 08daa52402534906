/** As much of ONNX Runtime's interface as is needed, so that onnxruntime-web, its variants and onnxruntime-node all fit. */

export interface OnnxTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
  dispose?(): void;
}

/** An open session of ONNX Runtime. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OnnxTensor>): Promise<{ readonly [name: string]: OnnxTensor }>;
  release(): Promise<void>;
}

/** What a session is opened with. */
export interface OnnxSessionOptions {
  readonly executionProviders?: readonly string[];
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
}

/** Arrays by the number format of a tensor. */
export interface TensorData {
  readonly float32: Float32Array;
  readonly int32: Int32Array;
}

/** What `import * as ort from 'onnxruntime-web'` gives. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options?: OnnxSessionOptions): Promise<OnnxSession> };
  readonly Tensor: new <Type extends keyof TensorData>(
    type: Type,
    data: TensorData[Type],
    dims: readonly number[],
  ) => OnnxTensor;
}
