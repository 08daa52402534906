/** The processes that compute together, and what they tell each other. */
import { UserError } from '../errors.js';
import { type Launch, mpiLaunch } from './launch.js';
import { loadMpi, type MpiLibrary } from './library.js';

/** All ranks call the same functions in the same order. */
export interface World {
  readonly rank: number;
  readonly size: number;
  /** How many ranks share this machine. */
  readonly localSize: number;
  /** The library that connects them, for people. */
  readonly library: string;
  /**
   * Replaces `values` by the sum over all ranks, added in the order of the ranks. MPI_Allreduce leaves the order to the
   * library, and with it the last bits. This moves as many bytes: every rank adds up one share, and all gather the shares.
   */
  sum(values: Float32Array): Promise<void>;
  /** What every rank gives, in the order of ranks. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** What rank 0 gives. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>;
  /** Resolves when all have come here; those that wait leave the processor to others. */
  meet(): Promise<void>;
  /** Ends every rank with this exit code, so that none waits for one that is gone. */
  abort(code: number): void;
  close(): Promise<void>;
}

/**
 * Joins the other processes that `mpiexec` started; undefined where this one is alone.
 *
 * @throws UserError where MPI cannot be used, though this process was started by it
 */
export async function joinWorld(environment: NodeJS.ProcessEnv = process.env): Promise<World | undefined> {
  const launch = mpiLaunch(environment);
  if (launch === undefined) return undefined;
  const library = await loadMpi(launch.kind);
  assertOneWorld(launch, library);
  return worldOf(library, launch.localSize);
}

/** The launcher of one library starts processes of another as so many worlds of one. */
function assertOneWorld({ kind, size }: Launch, library: MpiLibrary): void {
  if (library.size === size) return;
  throw new UserError(
    `mpiexec of ${kind} started ${size} processes, but ${library.name} sees ${library.size}: use the mpiexec of that ` +
      'library, or name the right one in LATENT_VAE_MPI.',
  );
}

export function worldOf(library: MpiLibrary, localSize: number): World {
  const { rank, size } = library;
  const buffers = new Map<number, { send: Float32Array; receive: Float32Array }>();

  /** Of the same sizes in every step: memory that is new in each would have to be collected. */
  function buffersFor(length: number) {
    const share = Math.ceil(length / size);
    const found = buffers.get(share) ?? {
      send: new Float32Array(share * size),
      receive: new Float32Array(share * size),
    };
    buffers.set(share, found);
    return { ...found, share };
  }

  return {
    rank,
    size,
    localSize,
    library: library.name,
    async sum(values) {
      const { send, receive, share } = buffersFor(values.length);
      send.set(values);
      await library.alltoall(send, share, receive);
      const total = addInOrder(receive, share, size);
      await library.allgather(bytesOf(total), bytesOf(send));
      values.set(send.subarray(0, values.length));
    },
    async gather(bytes) {
      const lengths = new Float64Array(size);
      await library.allgather(bytesOf(Float64Array.of(bytes.length)), bytesOf(lengths));
      const longest = Math.max(...lengths);
      const [padded, all] = [new Uint8Array(longest), new Uint8Array(longest * size)];
      padded.set(bytes);
      await library.allgather(padded, all);
      return [...lengths].map((length, index) => all.slice(index * longest, index * longest + length));
    },
    async broadcast(bytes) {
      const length = Float64Array.of(bytes.length);
      await library.broadcast(bytesOf(length));
      const sent = rank === 0 ? Uint8Array.from(bytes) : new Uint8Array(length[0] as number);
      await library.broadcast(sent);
      return sent;
    },
    meet: library.barrier,
    abort: library.abort,
    async close() {
      await library.barrier();
      library.finalize();
    },
  };
}

/** The blocks of `blocks` added up, the first to the second, the sum to the third and so on; overwrites the first. */
function addInOrder(blocks: Float32Array, length: number, count: number): Float32Array {
  const total = blocks.subarray(0, length);
  for (let block = 1; block < count; block++) {
    const next = blocks.subarray(block * length, (block + 1) * length);
    for (let index = 0; index < length; index++) total[index] = (total[index] as number) + (next[index] as number);
  }
  return total;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
