/** Trains for a few steps, as one graph and with its gradients exchanged, and prints what a step took: training-process.js THREADS. */
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

/** Medians; without another process `splitMs` is that of a world of one. */
export interface MpiFigures {
  readonly wholeMs: number;
  readonly splitMs: number;
}

const steps = 12;
const warmup = 4;

await selectEngine(engineOptionsSchema.parse({ threads: Number(process.argv[2]) }));
const world = await joinWorld();
const exchange = createExchange(world ?? worldOfOne());
const wholeMs = await medianMs(undefined);
const splitMs = await medianMs(exchange);
if (world === undefined || world.rank === 0) printJson({ wholeMs, splitMs } satisfies MpiFigures);
await world?.close();

async function medianMs(over: Exchange | undefined): Promise<number> {
  const {
    model: network,
    objective: terms,
    options,
  } = resolveRunConfig('.', trainOptionsSchema.parse({ preset: 'kl-f8-tiny', objective: 'mse', size: 64 }));
  const objective = await openObjective(terms, { size: options.size, inChannels: 3 }, options.seed);
  const state = createTrainingState(createAutoencoder(network, { seed: 1 }), objective, { emaDecay: 0.9 });
  const batch = options.batch / (world?.size ?? 1);
  const draws = (shape: [number, number, number, number], name: string) =>
    tf.tensor4d(normals(tf.util.sizeFromShape(shape), name), shape);
  const images = draws([batch, options.size, options.size, 3], 'images');
  const noise = draws([batch, ...latentShape(network, [options.size, options.size])], 'noise');
  const times: number[] = [];
  for (let step = 1; step <= warmup + steps; step++) {
    const start = performance.now();
    const microBatches = [{ images, noise }];
    await trainingStep(state, { microBatches, step, learningRate: 1e-4, gradientClip: 1, exchange: over });
    if (step > warmup) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
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
