/**
 * The other engines train a model to the same losses. tfjs-node is an optional peer: it is looked for as a package, and in the
 * folder LATENT_VAE_TFJS_NODE (of the package itself, e.g. /tmp/peer/node_modules/@tensorflow/tfjs-node).
 */
import { describe, expect, it } from 'vitest';
import { type Engine, selectEngine } from '../../src/engine/select.js';
import { UserError } from '../../src/errors.js';
import { expectClose } from './compare.js';
import { trainTiny } from './tiny-training.js';

const steps = 20;

async function lossesOn(name: 'onnxruntime' | 'cpu' | 'tensorflow'): Promise<Float32Array> {
  const engine: Engine = await selectEngine({ engine: name, device: 'cpu', threads: 1 });
  try {
    return trainTiny(steps)[0] as Float32Array;
  } finally {
    engine.dispose();
  }
}

/** Why the engine is not here. Whatever goes wrong once it is loaded is a failure. */
const missing = await selectEngine({ engine: 'tensorflow', device: 'cpu', threads: 1 }).then(
  (engine) => {
    engine.dispose();
    return null;
  },
  (error: unknown) => {
    if (error instanceof UserError) return error.message;
    throw error;
  },
);
if (missing !== null) process.stderr.write(`${missing}\n`);

describe(`the losses of ${steps} training steps`, () => {
  it('are those of the cpu engine', async () => {
    const ours = await lossesOn('onnxruntime');
    expectClose([await lossesOn('cpu')], [ours], 1e-4, 'cpu');
    expect(ours.at(-1)).toBeLessThan(0.95 * (ours[0] as number));
  });

  it.skipIf(missing !== null)('are those of the tensorflow engine', async () => {
    const ours = await lossesOn('onnxruntime');
    expectClose([await lossesOn('tensorflow')], [ours], 1e-4, 'tensorflow');
  });
});
