/** What a training asks the other processes that train with it; alone, it answers itself. */
import { availableParallelism } from 'node:os';
import type { EngineOptions, RunConfig } from '../../config/config.js';
import { recordSkipped, type SkippedImage } from '../../data/skipped.js';
import { UserError } from '../../errors.js';
import type { World } from '../../mpi/world.js';
import type { RunFolder } from '../run/run-folder.js';
import type { Exchange } from '../step/gradients.js';
import type { TrainingState } from '../step/state.js';
import { createExchange } from './exchange.js';
import { broadcastJson, gatherJson, replicateState } from './replicate.js';

export interface Team {
  /** Which of the equal shares of a batch this process computes, from 0. */
  readonly rank: number;
  readonly size: number;
  /** Whether this one writes, logs and validates. */
  readonly leads: boolean;
  /** Undefined where nobody has gradients to exchange. */
  readonly exchange: Exchange | undefined;
  engineOptions<Options extends EngineOptions>(options: Options): Options;
  /** The run folder, which the leader alone opens and writes to. */
  openRun(config: RunConfig, open: () => Promise<RunFolder>): Promise<RunFolder>;
  /** Gives all the leader's state. */
  replicate(state: TrainingState): Promise<void>;
  /** How much of the run is over by the leader's clock, and whether anybody was asked to stop. */
  agree(done: number, isStopped: boolean): Promise<{ done: number; isStopped: boolean }>;
  /** Has the leader do something while the others wait without using the processor. */
  leaderDoes<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
  /** What all have, those of rank 0 first. */
  joined(values: Float32Array): Promise<Float32Array>;
  allSkipped(skipped: SkippedImage[]): Promise<void>;
}

export function teamOf(world: World | undefined): Team {
  return world === undefined ? alone : teamIn(world);
}

/** One process, which asks nobody. */
export const alone: Team = {
  rank: 0,
  size: 1,
  leads: true,
  exchange: undefined,
  engineOptions: (options) => options,
  openRun: (_, open) => open(),
  replicate: async () => undefined,
  agree: async (done, isStopped) => ({ done, isStopped }),
  leaderDoes: (work) => work(),
  joined: async (values) => values,
  allSkipped: async () => undefined,
};

function teamIn(world: World): Team {
  const { rank, size } = world;
  const leads = rank === 0;
  return {
    rank,
    size,
    leads,
    exchange: createExchange(world),
    // As many threads as this machine has cores for each of its processes.
    engineOptions(options) {
      const share = Math.max(1, Math.floor(availableParallelism() / world.localSize));
      return { ...options, threads: options.threads || share };
    },
    openRun: (config, open) => (leads ? open() : Promise.resolve(silentFolder(config))),
    replicate: (state) => replicateState(world, state),
    async agree(done, isStopped) {
      const answers = await gatherJson(world, { done, isStopped });
      return { done: answers[0]?.done ?? done, isStopped: answers.some((answer) => answer.isStopped) };
    },
    async leaderDoes(work) {
      const result = leads ? await work() : undefined;
      await world.meet();
      return result;
    },
    async joined(values) {
      const parts = await world.gather(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return new Float32Array(Buffer.concat(parts).buffer.slice(0));
    },
    async allSkipped(skipped) {
      for (const list of await gatherJson(world, skipped)) for (const image of list) recordSkipped(skipped, image);
    },
  };
}

/** What the others take for the run folder: nothing reaches the disk. */
function silentFolder(config: RunConfig): RunFolder {
  const nothing = async () => undefined;
  return {
    ...{ path: '', checkpointPath: '', modelPath: '', config, changes: {} },
    saveConfig: nothing,
    hasCheckpoint: () => false,
    before: { exists: () => false, keep: nothing, restore: nothing, drop: nothing },
    samplePath: () => '',
    appendTime: nothing,
    appendMetrics: nothing,
    appendValidation: async () => false,
    forgetAfter: nothing,
    assertHeld: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}

/** @throws UserError where a step's images cannot be shared out evenly */
export function assertShareable({ batch, accumulate }: RunConfig['options'], { size }: Team): void {
  if (batch % (size * accumulate) === 0) return;
  const parts = accumulate > 1 ? `${size} processes of ${accumulate} parts each` : `${size} processes`;
  throw new UserError(`Got a batch of ${batch} for ${parts}, wanted equal shares: choose another --batch or -n.`);
}

/** Of the leader, on all. */
export const leadersAnswer = <Value>(world: World | undefined, value: Value): Promise<Value> =>
  world === undefined ? Promise.resolve(value) : broadcastJson(world, value);
