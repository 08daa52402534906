/** After its second step of a kind a training compiles nothing any more, however weights and rates move. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createAutoencoder, latentShape } from '../../../src/autoencoder/autoencoder.js';
import {
  adversarialSchema,
  modelConfigSchema,
  type ObjectiveConfig,
  objectives,
  type PresetName,
  presets,
} from '../../../src/config/config.js';
import { selectEngine } from '../../../src/engine/select.js';
import { createDiscriminator } from '../../../src/losses/adversarial/discriminator.js';
import { createObjective, type Objective } from '../../../src/losses/objective.js';
import { createPerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { normals } from '../../../src/random.js';
import { createTrainingState } from '../../../src/training/step/state.js';
import { trainingStep } from '../../../src/training/step/training-step.js';

const size = 32;
const batch = 2;

/** The discriminator trains from the first step on; from this one on the autoencoder feels it. */
const joinStep = 4;
const withDiscriminator: ObjectiveConfig = {
  ...objectives.default,
  adversarial: adversarialSchema.parse({ startStep: joinStep, warmupSteps: 3, layers: 1, width: 8 }),
};

function openObjective(config: ObjectiveConfig): Objective {
  const weights = (name: string, shape: readonly number[]) =>
    tf.tensor(
      normals(tf.util.sizeFromShape([...shape]), name).map((draw) => draw / 10),
      [...shape],
    );
  const { perceptual, adversarial } = config;
  return createObjective(config, {
    perceptual: perceptual ? createPerceptualLoss('builtin', weights) : undefined,
    discriminator: adversarial ? createDiscriminator({ ...adversarial, inChannels: 3 }, { seed: 1 }) : undefined,
  });
}

const draws = (images: number, shape: readonly [number, number, number], ...key: (string | number)[]): tf.Tensor4D =>
  tf.tensor4d(
    normals(images * tf.util.sizeFromShape([...shape]), ...key).map((draw) => draw / 2),
    [images, ...shape],
  );

const trainings: readonly {
  preset: PresetName;
  name: string;
  config: ObjectiveConfig;
  compilingSteps: readonly number[];
  /** Of a step. Default 1. */
  parts?: number;
}[] = [
  { preset: 'kl-f4-tiny', name: 'squared error', config: objectives.mse, compilingSteps: [1, 2] },
  { preset: 'vector-vae', name: 'its own objective', config: objectives.vanilla, compilingSteps: [1, 2] },
  {
    preset: 'kl-f4-tiny',
    name: 'a discriminator',
    config: withDiscriminator,
    compilingSteps: [1, 2, joinStep, joinStep + 1],
  },
  { preset: 'kl-f8-tiny', name: 'squared error in parts', config: objectives.mse, compilingSteps: [1], parts: 2 },
];

it.each(trainings)(
  '$preset with $name compiles in its first steps alone',
  async ({ preset, config, compilingSteps, parts = 1 }) => {
    const onWarning = vi.fn();
    const engine = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }, { onWarning });
    onTestFinished(() => engine.dispose());
    const modelConfig = modelConfigSchema.parse(presets[preset].model(size));
    const state = createTrainingState(createAutoencoder(modelConfig, { seed: 0 }), openObjective(config), {
      emaDecay: 0.99,
    });
    engine.flush();
    const { compiles: compilesBefore } = engine.statistics();
    const compiled: number[] = [];
    const runs: number[] = [];
    for (let step = 1; step <= 9; step++) {
      const microBatches = Array.from({ length: parts }, (_, part) => ({
        images: draws(batch / parts, [size, size, 3], 'images', step, part),
        noise: draws(batch / parts, latentShape(modelConfig, [size, size]), 'noise', step, part),
      }));
      engine.flush();
      const { compiles, runs: runsBefore } = engine.statistics();
      await trainingStep(state, { microBatches, step, learningRate: 1e-3 / step, gradientClip: 1 });
      if (engine.statistics().compiles > compiles) compiled.push(step);
      runs.push(engine.statistics().runs - runsBefore);
      tf.dispose(microBatches);
    }
    // A kernel that falls back to another backend would cut the step's graph in pieces. Of parts, the update is one more.
    expect(runs).toEqual(runs.map(() => (parts === 1 ? 1 : parts + 1)));
    // The same graph for all parts: each of its own would keep memory of its own.
    if (parts > 1) expect(engine.statistics().compiles - compilesBefore).toBeLessThanOrEqual(2);
    expect(compilingSteps).toEqual(expect.arrayContaining(compiled));
    expect(onWarning).not.toHaveBeenCalled();
  },
);
