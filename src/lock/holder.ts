/** Who holds a lock, in terms that another process on another host can judge. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const holderSchema = z.strictObject({
  /** Random, so that no two holders ever have the same. */
  token: z.uuid(),
  host: z.string(),
  /** Of the kernel, new at every start; empty where the system tells none. */
  boot: z.string(),
  /** Of process numbers: every container has one of its own. Empty where the system tells none. */
  namespace: z.string(),
  pid: z.number().int().positive(),
  /** When the process was started, in the kernel's ticks, so that a number used again is told apart; empty if unknown. */
  started: z.string(),
});
export type LockHolder = z.infer<typeof holderSchema>;

/** Tokens of locks that this process holds. */
export const ownTokens = new Set<string>();

export function thisProcess(): LockHolder {
  return {
    token: randomUUID(),
    host: hostname(),
    boot: read('/proc/sys/kernel/random/boot_id'),
    namespace: namespaceOfProcesses(),
    pid: process.pid,
    started: startOf(process.pid),
  };
}

/** @returns undefined for what is no holder, such as the lock of a process that was killed while it wrote it */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** `alive` and `dead` are certain; of an `unknown` one the age of its beat is all that can be judged. */
export function stateOf(holder: LockHolder): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  const sameMachine = holder.host === here.host && holder.boot === here.boot;
  const numbersAreComparable = holder.namespace === here.namespace && (here.namespace !== '' || !isLinux);
  if (!sameMachine || !numbersAreComparable) return 'unknown';
  if (holder.pid === process.pid && holder.started === here.started)
    return ownTokens.has(holder.token) ? 'alive' : 'dead';
  if (!exists(holder.pid)) return 'dead';
  if (holder.started === '') return 'unknown';
  return startOf(holder.pid) === holder.started ? 'alive' : 'dead';
}

/** Whether this very process wrote it, in whichever of its threads. */
export function isThisProcess(holder: LockHolder): boolean {
  const { token: _, ...here } = thisProcess();
  return Object.entries(here).every(([name, value]) => holder[name as keyof LockHolder] === value);
}

export const nameOf = ({ pid, host }: LockHolder) => `process ${pid} on ${host}`;

const isLinux = process.platform === 'linux';

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function namespaceOfProcesses(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces, so fields are counted from its closing bracket. */
function startOf(pid: number): string {
  const status = read(`/proc/${pid}/stat`);
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** The file's text, or nothing where this system has no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
