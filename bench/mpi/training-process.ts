/**
 * Trains for a few steps, as one graph and with its gradients exchanged, and prints what a step took: training-process.js THREADS STEPS
 * whole|split|both. */
import * as tf from '@tensorflow/tfjs-core';
import { printJson } from '../../scripts/cli/output.js';
import { createAutoencoder, latentShape } from '../../src/autoencoder/autoencoder.js';
import { engineOptionsSchema, resolveRunConfig, trainOptionsSchema } from '../../src/config/config.js';
import { selectEngine } from '../../src/engine/select.js';
import { openObjective } from '../../src/losses/open-objective.js';
import { joinWorld, type World } from '../../src/mpi/world.js';
import { normals } from '../../src/random.js';
import { createExchange } from '../../src/training/data-parallel/exchange.js';
import type { Exchange } from '../../src/training/step/gradients.js';
import { createTrainingState } from '../../src/training/step/state.js';
import { trainingStep } from '../../src/training/step/training-step.js';

/** What steps took: their wall time, and the processor time of all threads of the process. */
export interface StepFigures {
  readonly ms: number;
  readonly processorMs: number;
}

/** `split` exchanges gradients: without another process, those of a world of one. */
export interface MpiFigures {
  readonly whole: StepFigures;
  readonly split: StepFigures;
}

const warmup = 4;
const [threads, steps] = process.argv.slice(2, 4).map(Number) as [number, number];
const wanted = (['whole', 'split'] as const).filter((side) => ['both', side].includes(process.argv[4] ?? 'both'));

await selectEngine(engineOptionsSchema.parse({ threads }));
const world = await joinWorld();
const exchange = createExchange(world ?? worldOfOne());
const figures = await medians({ whole: undefined, split: exchange });
if (world === undefined || world.rank === 0) printJson(figures);
await world?.close();

/** Both sides step by turns, so that whatever else the machine does slows both of them down. */
async function medians(sides: Readonly<Record<keyof MpiFigures, Exchange | undefined>>): Promise<MpiFigures> {
  const steppers = { whole: await stepper(sides.whole), split: await stepper(sides.split) };
  const took = { whole: [] as StepFigures[], split: [] as StepFigures[] };
  for (let step = 1; step <= warmup + steps; step++) {
    for (const side of step % 2 === 0 ? wanted : wanted.toReversed()) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      await steppers[side](step);
      const { user, system } = process.cpuUsage(before);
      if (step > warmup) took[side].push({ ms: performance.now() - start, processorMs: (user + system) / 1000 });
    }
  }
  return { whole: medianOf(took.whole), split: medianOf(took.split) };
}

/** NaN of no steps. */
function medianOf(all: readonly StepFigures[]): StepFigures {
  const median = (of: keyof StepFigures) =>
    all.map((figures) => figures[of]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  return { ms: median('ms'), processorMs: median('processorMs') };
}

async function stepper(over: Exchange | undefined): Promise<(step: number) => Promise<void>> {
  const config = trainOptionsSchema.parse({ preset: 'kl-f8-tiny', objective: 'mse', size: 64 });
  const { model: network, objective: terms, options } = resolveRunConfig('.', config);
  const objective = await openObjective(terms, { size: options.size, inChannels: 3 }, options.seed);
  const state = createTrainingState(createAutoencoder(network, { seed: 1 }), objective, { emaDecay: 0.9 });
  const batch = options.batch / (world?.size ?? 1);
  const draws = (shape: [number, number, number, number], name: string) =>
    tf.tensor4d(normals(tf.util.sizeFromShape(shape), name), shape);
  const images = draws([batch, options.size, options.size, 3], 'images');
  const noise = draws([batch, ...latentShape(network, [options.size, options.size])], 'noise');
  return async (step) => {
    const microBatches = [{ images, noise }];
    await trainingStep(state, { microBatches, step, learningRate: 1e-4, gradientClip: 1, exchange: over });
  };
}

function worldOfOne(): World {
  return {
    ...{ rank: 0, size: 1, localSize: 1, library: 'none' },
    sum: async () => undefined,
    gather: async (bytes) => [bytes],
    broadcast: async (bytes) => bytes,
    meet: async () => undefined,
    abort: () => undefined,
    close: async () => undefined,
  };
}
