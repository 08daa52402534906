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

const draws = (shape: readonly [number, number, number], key: string, step: number): tf.Tensor4D =>
  tf.tensor4d(
    normals(batch * tf.util.sizeFromShape([...shape]), key, step).map((draw) => draw / 2),
    [batch, ...shape],
  );

const trainings: readonly {
  preset: PresetName;
  name: string;
  config: ObjectiveConfig;
  compilingSteps: readonly number[];
}[] = [
  { preset: 'kl-f4-tiny', name: 'squared error', config: objectives.mse, compilingSteps: [1, 2] },
  { preset: 'vector-vae', name: 'its own objective', config: objectives.vanilla, compilingSteps: [1, 2] },
  {
    preset: 'kl-f4-tiny',
    name: 'a discriminator',
    config: withDiscriminator,
    compilingSteps: [1, 2, joinStep, joinStep + 1],
  },
];

it.each(trainings)(
  '$preset with $name compiles in its first steps alone',
  async ({ preset, config, compilingSteps }) => {
    const onWarning = vi.fn();
    const engine = await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }, { onWarning });
    onTestFinished(() => engine.dispose());
    const modelConfig = modelConfigSchema.parse(presets[preset].model(size));
    const state = createTrainingState(createAutoencoder(modelConfig, { seed: 0 }), openObjective(config), {
      emaDecay: 0.99,
    });
    const compiled: number[] = [];
    const runs: number[] = [];
    for (let step = 1; step <= 9; step++) {
      const part = {
        images: draws([size, size, 3], 'images', step),
        noise: draws(latentShape(modelConfig, [size, size]), 'noise', step),
      };
      engine.flush();
      const { compiles, runs: runsBefore } = engine.statistics();
      await trainingStep(state, { microBatches: [part], step, learningRate: 1e-3 / step, gradientClip: 1 });
      if (engine.statistics().compiles > compiles) compiled.push(step);
      runs.push(engine.statistics().runs - runsBefore);
      tf.dispose(part);
    }
    // A kernel that falls back to another backend would cut the step's graph in pieces.
    expect(runs).toEqual(runs.map(() => 1));
    expect(compilingSteps).toEqual(expect.arrayContaining(compiled));
    expect(onWarning).not.toHaveBeenCalled();
  },
);
