/** Whether this process is one of several that a launcher of MPI started, by what it says in the environment. */

export type MpiKind = 'MPICH' | 'Open MPI';

export interface Launch {
  readonly kind: MpiKind;
  readonly rank: number;
  readonly size: number;
  /** How many of them run on this machine. */
  readonly localSize: number;
}

/** Undefined for a process that was started alone. */
export function mpiLaunch(environment: NodeJS.ProcessEnv = process.env): Launch | undefined {
  const number = (name: string) => (environment[name] === undefined ? undefined : Number(environment[name]));
  const launches = [
    ['Open MPI', 'OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_SIZE'],
    ['MPICH', 'PMI_RANK', 'PMI_SIZE', 'MPI_LOCALNRANKS'],
  ] as const;
  for (const [kind, rankName, sizeName, localName] of launches) {
    const [rank, size] = [number(rankName), number(sizeName)];
    if (rank === undefined || size === undefined || !(size > 1)) continue;
    return { kind, rank, size, localSize: number(localName) ?? size };
  }
  return undefined;
}
