/** Which part of a job this process is, as Slurm, Kubernetes and MPI's launchers say it in the environment. */
import { UserError } from '../../errors.js';
import { mostParts, type Part, parsePart } from './part.js';

export interface PartOptions {
  /** As typed: `3/8`; `1/1` turns parts off, whatever the environment says. */
  readonly part?: string | undefined;
  /** Into how many parts the job is divided, where the environment says which one this is but not of how many. */
  readonly parts?: number | undefined;
}

export interface ChosenPart extends Part {
  /** Who said so: `--part`, or the names of variables. */
  readonly source: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** This process among several that were started together; `index` counts from 0. */
interface Place {
  readonly index: number;
  readonly count: number;
  readonly source: string;
}

/**
 * The part that this process is to encode, or undefined for the whole.
 *
 * @throws UserError where options and environment contradict each other
 */
export function choosePart(
  { part, parts }: PartOptions,
  environment: Environment = process.env,
): ChosenPart | undefined {
  if (part !== undefined) {
    const typed = parsePart(part);
    if (parts !== undefined && parts !== typed.count) {
      throw new UserError(`Got --part ${part} and --parts ${parts}: drop --parts.`);
    }
    return typed.count === 1 ? undefined : { ...typed, source: '--part' };
  }
  const place = parts === undefined ? placeOf(environment) : indexed(parts, environment);
  if (place === undefined || place.count === 1) return undefined;
  const { index, count, source } = place;
  if (count > mostParts) throw new UserError(`Got ${count} parts (${source}), wanted at most ${mostParts}.`);
  return { number: index + 1, count, source };
}

/** An array's task, each of whose processes is a part of its own, or one of several processes. */
function placeOf(environment: Environment): Place | undefined {
  const task = arrayTask(environment);
  const process = processPlace(environment);
  if (task === undefined || process === undefined) return task ?? process;
  return {
    index: task.index * process.count + process.index,
    count: task.count * process.count,
    source: `${task.source}, ${process.source}`,
  };
}

function arrayTask(environment: Environment): Place | undefined {
  const id = whole(environment, 'SLURM_ARRAY_TASK_ID');
  const count = whole(environment, 'SLURM_ARRAY_TASK_COUNT');
  if (id === undefined || count === undefined) return undefined;
  const first = whole(environment, 'SLURM_ARRAY_TASK_MIN') ?? 0;
  const last = whole(environment, 'SLURM_ARRAY_TASK_MAX') ?? first + count - 1;
  const step = whole(environment, 'SLURM_ARRAY_TASK_STEP') ?? 1;
  if (first + (count - 1) * step !== last) {
    throw new UserError(
      `Slurm's array has ${count} tasks from ${first} to ${last}, so that nobody knows of how many parts they are: ` +
        'pass --parts with the number of all parts, whose ids count from 0.',
    );
  }
  return { index: (id - first) / step, count, source: `SLURM_ARRAY_TASK_ID ${id} of ${first} to ${last}` };
}

/** Names of rank and size by launcher; Slurm sets its own for a batch script too, where no step has been started. */
const launchers = [
  { rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
  { rank: 'PMI_RANK', size: 'PMI_SIZE' },
  { rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS' },
  { rank: 'SLURM_PROCID', size: 'SLURM_NTASKS', onlyWith: 'SLURM_STEP_ID' },
] as const;

function processPlace(environment: Environment): Place | undefined {
  for (const { rank, size, ...others } of launchers) {
    if ('onlyWith' in others && environment[others.onlyWith] === undefined) continue;
    const [index, count] = [whole(environment, rank), whole(environment, size)];
    if (index === undefined || count === undefined || count <= 1) continue;
    return { index, count, source: `${rank} ${index} of ${count}` };
  }
  return undefined;
}

/** Where the number of parts was given, an index from 0 is all that is needed. */
function indexed(parts: number, environment: Environment): Place {
  const process = processPlace(environment);
  for (const name of ['JOB_COMPLETION_INDEX', 'SLURM_ARRAY_TASK_ID'] as const) {
    const index = whole(environment, name);
    if (index === undefined) continue;
    if (process !== undefined) {
      throw new UserError(`Got --parts ${parts} in a job of several processes (${process.source}): pass --part i/n.`);
    }
    return within({ index, count: parts, source: `${name} ${index}` });
  }
  if (process !== undefined && process.count === parts) return process;
  throw new UserError(
    `Got --parts ${parts}, but nothing here says which of them this is (JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or ` +
      `${parts} processes of MPI or srun): pass --part i/${parts}.`,
  );
}

function within(place: Place): Place {
  if (place.index < place.count) return place;
  throw new UserError(`Got ${place.source} with --parts ${place.count}, wanted an index from 0 to ${place.count - 1}.`);
}

/** A variable that holds a whole number; others are none of ours. */
function whole(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
