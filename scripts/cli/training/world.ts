/** Commands that several processes of MPI run together. */
import { reasonOf, UserError } from '../../../src/errors.js';
import { mpiLaunch } from '../../../src/mpi/launch.js';
import type { World } from '../../../src/mpi/world.js';
import { note } from '../output.js';

/** Runs `work` with the other processes that mpiexec started, if it did; when it fails in one of them, all end. */
export async function inWorld<Result>(work: (world: World | undefined) => Promise<Result>): Promise<Result> {
  if (mpiLaunch() === undefined) return work(undefined);
  const { joinWorld } = await import('../../../src/mpi/world.js');
  const world = (await joinWorld()) as World;
  try {
    if (world.rank === 0) note(`${world.size} processes compute together, connected by ${world.library}.`);
    const result = await work(world);
    await world.close();
    return result;
  } catch (error) {
    const who = world.rank === 0 ? 'latent-vae' : `latent-vae, process ${world.rank + 1} of ${world.size}`;
    const isExpected = error instanceof UserError;
    note(`${who}: ${isExpected ? error.message : error instanceof Error ? error.stack : reasonOf(error)}`);
    // The others would wait for this one for ever.
    world.abort(isExpected ? error.exitCode : 1);
    throw error;
  }
}
