/**
 * MPI's C library, called through koffi. What the standard leaves to the library, the values of its handles, is known here of
 * the two families that there are: MPICH's are numbers (mpi.h of MPICH 4.0, kept by Intel MPI, MVAPICH and Cray MPI, whose ABI
 * it is), Open MPI's are addresses of its variables (mpi.h of Open MPI 4.1).
 */
import { reasonOf, UserError } from '../errors.js';
import type { MpiKind } from './launch.js';

/** The functions that are used, with their handles filled in. Each returns when all processes of the world have called it. */
export interface MpiLibrary {
  /** Name and version, as the library calls itself. */
  readonly name: string;
  readonly rank: number;
  readonly size: number;
  /** Block i of `send` goes to rank i, block i of `receive` comes from it; `elements` float32 each. */
  alltoall(send: Float32Array, elements: number, receive: Float32Array): Promise<void>;
  /** What every rank sends, in the order of ranks. */
  allgather(send: Uint8Array, receive: Uint8Array): Promise<void>;
  broadcast(bytes: Uint8Array): Promise<void>;
  /** Resolves when every rank has called it, and takes no processor time meanwhile. */
  barrier(): Promise<void>;
  /** Ends all processes of the world. */
  abort(code: number): void;
  finalize(): void;
}

/** Names under which Debian, other distributions and vendors have the library, first those that name its family. */
const fileNames: Readonly<Record<MpiKind, readonly string[]>> = {
  MPICH: ['libmpich.so.12', 'libmpi.so.12', 'libmpich.so'],
  'Open MPI': ['libmpi.so.40', 'libmpi.so.41', 'libmpi.so'],
};

/** Deep inside a collective, MPICH needs more than the 128 KiB that koffi gives to a call on another thread. */
const stackBytes = 8 * 2 ** 20;

/** One call at a time, though not always of the same thread. */
const threadSerialized = 2;

type Koffi = typeof import('koffi').default;
type Call = (...values: unknown[]) => number;

/** @throws UserError where koffi or the library is not installed */
export async function loadMpi(kind: MpiKind): Promise<MpiLibrary> {
  const koffi = await loadKoffi();
  const library = openLibrary(koffi, kind);
  const isAddress = kind === 'Open MPI';
  const handle = isAddress ? 'uintptr_t' : 'int';
  const constant = (symbol: string, value: number) =>
    isAddress ? koffi.address(library.symbol(symbol, 'uint8_t')) : value;
  const world = constant('ompi_mpi_comm_world', 0x44000000);
  const float = constant('ompi_mpi_float', 0x4c00040a);
  const byte = constant('ompi_mpi_byte', 0x4c00010d);
  const define = (signature: string) => library.func(signature.replaceAll('Handle', handle));

  const check = (name: string, code: number) => {
    if (code !== 0) throw new Error(`${name} failed with code ${code}`);
  };
  /** On another thread, so that this one goes on decoding pictures meanwhile. */
  const later =
    (name: string, call: ReturnType<typeof define>) =>
    (...values: unknown[]) =>
      new Promise<void>((resolve, reject) => {
        call.async(...values, (error: unknown, code: number) => {
          if (error) reject(error);
          else if (code !== 0) reject(new Error(`${name} failed with code ${code}`));
          else resolve();
        });
      });

  const provided = [0];
  check(
    'MPI_Init_thread',
    define('int MPI_Init_thread(void *, void *, int, _Out_ int *)')(null, null, threadSerialized, provided),
  );
  if ((provided[0] as number) < threadSerialized) {
    throw new UserError(
      `This ${kind} was built without threads (MPI_THREAD_SERIALIZED), which training needs: use another.`,
    );
  }
  const ask = (signature: string): number => {
    const answer = [0];
    check(signature, (define(signature) as Call)(world, answer));
    return answer[0] as number;
  };
  const alltoall = later('MPI_Alltoall', define('int MPI_Alltoall(void *, int, Handle, void *, int, Handle, Handle)'));
  const allgather = later(
    'MPI_Allgather',
    define('int MPI_Allgather(void *, int, Handle, void *, int, Handle, Handle)'),
  );
  const broadcast = later('MPI_Bcast', define('int MPI_Bcast(void *, int, Handle, int, Handle)'));
  const ibarrier: Call = define('int MPI_Ibarrier(Handle, void *)');
  const test: Call = define('int MPI_Test(void *, _Out_ int *, void *)');
  const abort: Call = define('int MPI_Abort(Handle, int)');
  const finalize: Call = define('int MPI_Finalize()');

  return {
    name: libraryName(define('int MPI_Get_library_version(void *, _Out_ int *)')),
    rank: ask('int MPI_Comm_rank(Handle, _Out_ int *)'),
    size: ask('int MPI_Comm_size(Handle, _Out_ int *)'),
    alltoall: (send, elements, receive) => alltoall(send, elements, float, receive, elements, float, world),
    allgather: (send, receive) => allgather(send, send.length, byte, receive, send.length, byte, world),
    broadcast: (bytes) => broadcast(bytes, bytes.length, byte, 0, world),
    async barrier() {
      // Both are larger than any library's.
      const [request, status] = [Buffer.alloc(16), Buffer.alloc(128)];
      check('MPI_Ibarrier', ibarrier(world, request));
      for (const done = [0]; ; await pause()) {
        check('MPI_Test', test(request, done, status));
        if (done[0] !== 0) return;
      }
    },
    abort: (code) => void abort(world, code),
    finalize: () => check('MPI_Finalize', finalize()),
  };
}

const pauseMs = 5;
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));

async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = await import('koffi');
    koffi.config({ async_stack_size: stackBytes });
    return koffi;
  } catch (error) {
    throw new UserError(
      `Started as one of several processes of MPI, which koffi is needed for (${reasonOf(error)}): npm install koffi.`,
      { cause: error },
    );
  }
}

/** `LATENT_VAE_MPI` names another file. */
function openLibrary(koffi: Koffi, kind: MpiKind) {
  const { LATENT_VAE_MPI: given } = process.env;
  const reasons: string[] = [];
  for (const file of given ? [given] : fileNames[kind]) {
    try {
      // Open MPI's own modules look for its symbols among those of the whole process.
      return koffi.load(file, { global: true });
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new UserError(
    `Started by ${kind}, whose library cannot be loaded (${reasons[0]}): install ` +
      `${kind === 'MPICH' ? 'libmpich12' : 'libopenmpi3'}, or name its file in LATENT_VAE_MPI.`,
  );
}

function libraryName(getVersion: Call): string {
  const [text, length] = [Buffer.alloc(8192), [0]];
  getVersion(text, length);
  const said = text.toString('utf8', 0, length[0]);
  const version = /(\d+\.\d+(\.\d+)?)/.exec(said)?.[1] ?? '';
  return `${said.includes('Open MPI') ? 'Open MPI' : said.includes('MPICH') ? 'MPICH' : 'MPI'} ${version}`.trim();
}
