/** Every kernel that the engine computes itself. */
import { convKernels } from './conv/conv.js';
import { elementwiseKernels } from './elementwise.js';
import { groupNormKernels } from './group-norm.js';
import { pixelShuffleKernels } from './image/pixel-shuffle.js';
import { poolKernels } from './image/pool.js';
import { resizeKernels } from './image/resize.js';
import { upsampleKernels } from './image/upsample.js';
import type { KernelSpec } from './kernel.js';
import { matmulKernels } from './matmul.js';
import { normKernels } from './norm.js';
import { optimizerKernels } from './optimizer.js';
import { reduceKernels } from './reduce.js';
import { shapeKernels } from './shape.js';

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
  ...pixelShuffleKernels,
  ...optimizerKernels,
];
