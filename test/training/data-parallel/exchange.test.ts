import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { adversarialSchema, modelConfigSchema, type ObjectiveConfig, objectives } from '../../../src/config/config.js';
import { selectEngine } from '../../../src/engine/select.js';
import { createDiscriminator } from '../../../src/losses/adversarial/discriminator.js';
import { createObjective } from '../../../src/losses/objective.js';
import { mpiLaunch } from '../../../src/mpi/launch.js';
import type { MpiLibrary } from '../../../src/mpi/library.js';
import { type World, worldOf } from '../../../src/mpi/world.js';
import { normals } from '../../../src/random.js';
import { createExchange } from '../../../src/training/data-parallel/exchange.js';
import { replicateState } from '../../../src/training/data-parallel/replicate.js';
import { assertShareable, teamOf } from '../../../src/training/data-parallel/team.js';
import type { MicroBatch } from '../../../src/training/step/gradients.js';
import { createTrainingState, type TrainingState, tensorGroups } from '../../../src/training/step/state.js';
import { trainingStep } from '../../../src/training/step/training-step.js';

const ranks = 3;
const size = 16;
const images = 2;

beforeAll(async () => {
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
});

/** Ranks in one process: a call of all of them completes when the last one has made it. */
function worldsTogether(count: number): World[] {
  let waiting: { send: Uint8Array; resolve: (all: Uint8Array[]) => void }[] = [];
  const together = (send: Uint8Array, rank: number) =>
    new Promise<Uint8Array[]>((resolve) => {
      waiting[rank] = { send: Uint8Array.from(send), resolve };
      if (waiting.filter(Boolean).length < count) return;
      const all = waiting;
      waiting = [];
      for (const one of all) one.resolve(all.map(({ send: bytes }) => bytes));
    });
  const bytes = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Array.from({ length: count }, (_, rank) => {
    const library: MpiLibrary = {
      ...{ name: 'none', rank, size: count },
      async alltoall(send, elements, receive) {
        const all = await together(bytes(send), rank);
        all.forEach((sent, from) => {
          bytes(receive).set(sent.subarray(4 * elements * rank, 4 * elements * (rank + 1)), 4 * elements * from);
        });
      },
      async allgather(send, receive) {
        receive.set(Buffer.concat(await together(send, rank)));
      },
      async broadcast(sent) {
        sent.set((await together(sent, rank))[0] as Uint8Array);
      },
      barrier: async () => void (await together(new Uint8Array(), rank)),
      abort: () => undefined,
      finalize: () => undefined,
    };
    return worldOf(library, count);
  });
}

const network = { imageSize: size, blockOutChannels: [8, 16], latentChannels: 2, normNumGroups: 4 };
const spatial = { latent: 'spatial', midBlockAttention: false, ...network } as const;
const adversarial = adversarialSchema.parse({ startStep: 2, warmupSteps: 0, layers: 1, width: 8, norm: 'batch' });
const objectiveOf: Record<'adversarial' | 'codebook', ObjectiveConfig> = {
  adversarial: {
    ...objectives.mse,
    klWeight: 1e-3,
    adversarial: { ...adversarial, lecamWeight: 0.1 },
    learnedLogvar: true,
  },
  codebook: { ...objectives.mse, klWeight: 0, codebook: { commitmentWeight: 0.25, decay: 0.9, revivalSteps: 2 } },
};

function newState(kind: keyof typeof objectiveOf, seed = 2): TrainingState {
  const config = objectiveOf[kind];
  const discriminator = config.adversarial
    ? createDiscriminator({ ...config.adversarial, inChannels: 3 }, { seed: 1 })
    : undefined;
  const objective = createObjective(config, { perceptual: undefined, discriminator });
  const posterior = kind === 'codebook' ? { posterior: 'quantized', codes: 16 } : {};
  return createTrainingState(
    createAutoencoder(modelConfigSchema.parse({ ...spatial, ...posterior }), { seed }),
    objective,
    { emaDecay: 0.9 },
  );
}

function part(step: number, rank: number): MicroBatch {
  const draws = (shape: [number, number, number, number], name: string) =>
    tf.tensor4d(
      normals(tf.util.sizeFromShape(shape), name, step, rank).map((draw) => draw / 2),
      shape,
    );
  return { images: draws([images, size, size, 3], 'images'), noise: draws([images, size / 2, size / 2, 2], 'noise') };
}

const how = { learningRate: 1e-2, gradientClip: 0.5 };

async function valuesOf(state: TrainingState): Promise<Record<string, Float32Array>> {
  const named = Object.entries(tensorGroups(state)).flatMap(([group, parameters]) =>
    [...parameters].map(([name, variable]) => [`${group}/${name}`, variable] as const),
  );
  return Object.fromEntries(
    await Promise.all(named.map(async ([name, variable]) => [name, await variable.data<'float32'>()])),
  );
}

test.each(['adversarial', 'codebook'] as const)(
  '%s: three ranks equal three micro-batches, bit for bit',
  async (kind) => {
    const alone = newState(kind);
    const steps = [1, 2, 3, 4];
    const reports = [];
    for (const step of steps) {
      const microBatches = Array.from({ length: ranks }, (_, rank) => part(step, rank));
      reports.push(await trainingStep(alone, { microBatches, step, ...how }));
    }
    const expected = await valuesOf(alone);
    const together = worldsTogether(ranks).map(async (world) => {
      // All but the first begin with other weights, which it replaces.
      const state = newState(kind, 2 + world.rank);
      await replicateState(world, state);
      const exchange = createExchange(world);
      const seen = [];
      for (const step of steps) {
        seen.push(await trainingStep(state, { microBatches: [part(step, world.rank)], step, ...how, exchange }));
      }
      return { values: await valuesOf(state), seen };
    });
    for (const { values, seen } of await Promise.all(together)) {
      expect(values).toEqual(expected);
      expect(seen).toEqual(reports);
    }
  },
  300_000,
);

test('a sum over the ranks is added up in their order, whatever its length', async () => {
  const [first = 0, second = 0, third = 0] = [1e8, -1e8, 1];
  const sums = worldsTogether(3).map(async (world) => {
    const values = new Float32Array(7).fill([first, third, second][world.rank] as number);
    await world.sum(values);
    return [...values];
  });
  // 1e8 + 1 is 1e8 in float32: in another order the sum would be 1.
  for (const sum of await Promise.all(sums)) expect(sum).toEqual(new Array(7).fill(0));
});

test('texts of any length cross, empty ones too', async () => {
  const gathered = worldsTogether(3).map((world) => world.gather(Buffer.from('x'.repeat(5 * world.rank))));
  for (const all of await Promise.all(gathered)) expect(all.map(({ length }) => length)).toEqual([0, 5, 10]);
});

test('who was started by mpiexec knows it from the environment', () => {
  expect(mpiLaunch({})).toBeUndefined();
  expect(mpiLaunch({ PMI_RANK: '0', PMI_SIZE: '1' })).toBeUndefined();
  const mpich = { PMI_RANK: '1', PMI_SIZE: '4', MPI_LOCALNRANKS: '2' };
  expect(mpiLaunch(mpich)).toEqual({ kind: 'MPICH', rank: 1, size: 4, localSize: 2 });
  expect(mpiLaunch({ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' })).toMatchObject({
    kind: 'Open MPI',
    size: 2,
  });
});

test('a batch that cannot be shared out is refused', () => {
  const [world] = worldsTogether(3);
  const options = { batch: 16, accumulate: 1 } as Parameters<typeof assertShareable>[0];
  expect(() => assertShareable(options, teamOf(world))).toThrow(/batch of 16 for 3 processes/);
});
