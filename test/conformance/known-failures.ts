/** What of tfjs-core's suite the engine does not do, and why. */

export interface KnownFailure {
  /** A part of the names of the specs. */
  readonly specs: string;
  readonly reason: string;
}

export const knownFailures: readonly KnownFailure[] = [
  {
    specs: 'throws when index is out of bound',
    reason: 'indices are known when they are computed: the error comes with the first read, not with the call',
  },
  {
    specs: 'step kernel onnxruntime {} propagates NaNs',
    reason: 'with alpha 0 it is 0: every gradient of ReLU would pay for a pass over memory that changes no gradient',
  },
  {
    specs: 'numbers exceed float32 precision',
    reason: 'ONNX Runtime computes the tangent in float32, tfjs in float64: the last digit differs near a pole',
  },
];

const kernelsByReason: Readonly<Record<string, readonly string[]>> = {
  'strings, ragged and sparse data are not arithmetic': [
    ...['RaggedGather', 'RaggedRange', 'RaggedTensorToTensor', 'SparseFillEmptyRows', 'SparseReshape'],
    ...['SparseSegmentMean', 'SparseSegmentSum', 'SparseToDense', 'StaticRegexReplace', 'StringNGrams', 'StringSplit'],
    ...['StringToHashBucketFast'],
  ],
  'complex numbers are held, not computed with': ['Complex'],
  'only for strings, complex numbers, int32, bool, empty tensors or scalars, or another data format': [
    ...[
      'ArgMax',
      'ArgMin',
      'AvgPool',
      'AvgPoolGrad',
      'BatchMatMul',
      'Concat',
      'Conv2D',
      'Conv2DBackpropInput',
      'Equal',
    ],
    ...['Exp', 'Fill', 'GatherV2', 'Greater', 'GreaterEqual', 'LeakyRelu', 'Less', 'LessEqual', 'MaxPool', 'Mean'],
    ...['MirrorPad', 'NotEqual', 'Pack', 'Pow', 'Relu', 'Relu6', 'ResizeBilinear', 'Round', 'Slice', 'Tile', 'Unpack'],
  ],
  'volumes: models here are of images': [...['AvgPool3D', 'Conv3D', 'Conv3DBackpropInputV2', 'MaxPool3D']],
  'layers that no model here has': [
    ...['DepthwiseConv2dNative', 'Dilation2D', 'EluGrad', 'FusedDepthwiseConv2D', 'LRN', 'MaxPoolWithArgmax', 'Prelu'],
  ],
  'fused forms of kernels that the engine has: this project fuses while it compiles': ['FusedConv2D', '_FusedMatMul'],
  'warps of images and choices of boxes, for detectors': [
    ...['CropAndResize', 'FlipLeftRight', 'NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5'],
    ...['Transform'],
  ],
  'work on indices, counts and order, done outside of training steps': [
    ...['Bincount', 'BroadcastArgs', 'DenseBincount', 'GatherNd', 'LinSpace', 'Multinomial', 'OneHot', 'Range'],
    ...['ScatterNd', 'SearchSorted', 'TensorScatterUpdate', 'TopK', 'Unique', 'UnsortedSegmentSum'],
  ],
  'rearrangements that no model here uses': [
    ...['BatchToSpaceND', 'DepthToSpace', 'Diag', 'Einsum', 'SpaceToBatchND', 'StridedSlice'],
  ],
  'arithmetic that no model here uses': [
    ...['All', 'Any', 'Atan2', 'BitwiseAnd', 'Cumprod', 'Cumsum', 'FloorDiv', 'IsFinite', 'IsInf', 'Mod'],
  ],
};

/** Kernels that the engine leaves to the cpu fallback, wholly or for some arguments, with the reason. */
export const keptFromEngine: ReadonlyMap<string, string> = new Map(
  Object.entries(kernelsByReason).flatMap(([reason, kernels]) => kernels.map((kernel) => [kernel, reason] as const)),
);
