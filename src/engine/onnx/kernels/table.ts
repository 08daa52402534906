/** Every kernel that the engine computes itself. */
import { convKernels } from './conv.js';
import { elementwiseKernels } from './elementwise.js';
import { groupNormKernels } from './group-norm.js';
import type { KernelSpec } from './kernel.js';
import { matmulKernels } from './matmul.js';
import { normKernels } from './norm.js';
import { optimizerKernels } from './optimizer.js';
import { poolKernels } from './pool.js';
import { reduceKernels } from './reduce.js';
import { resizeKernels } from './resize.js';
import { shapeKernels } from './shape.js';
import { upsampleKernels } from './upsample.js';

export const kernelTable: readonly KernelSpec[] = [
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...matmulKernels,
  ...convKernels,
  ...poolKernels,
  ...resizeKernels,
  ...normKernels,
  ...groupNormKernels,
  ...upsampleKernels,
  ...optimizerKernels,
];
