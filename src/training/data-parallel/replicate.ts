/** Every process starts from the state of the first: from new weights or a checkpoint that it alone needs to reach. */
import * as tf from '@tensorflow/tfjs-core';
import type { World } from '../../mpi/world.js';
import { variablesOf } from '../../nn/parameters.js';
import { countersOf, setCounters, type TrainingState, tensorGroups } from '../step/state.js';
import { bytesOf } from './exchange.js';

/** Makes the state of every rank that of rank 0. */
export async function replicateState(world: World, state: TrainingState): Promise<void> {
  const variables = variablesOf(...Object.values(tensorGroups(state)));
  for (const variable of variables) {
    const values = await variable.data<'float32'>();
    const sent = await world.broadcast(bytesOf(values));
    if (world.rank === 0) continue;
    const value = tf.tensor(new Float32Array(sent.buffer), variable.shape);
    variable.assign(value);
    value.dispose();
  }
  setCounters(state, await broadcastJson(world, countersOf(state)));
}

/** What rank 0 gives, on every rank. */
export async function broadcastJson<Value>(world: World, value: Value): Promise<Value> {
  return parseJson(await world.broadcast(Buffer.from(JSON.stringify(value))));
}

/** What every rank gives, in their order. */
export async function gatherJson<Value>(world: World, value: Value): Promise<Value[]> {
  const gathered = await world.gather(Buffer.from(JSON.stringify(value)));
  return gathered.map((bytes) => parseJson<Value>(bytes));
}

const parseJson = <Value>(bytes: Uint8Array): Value => JSON.parse(Buffer.from(bytes).toString('utf8')) as Value;
