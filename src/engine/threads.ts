/** How many threads compute, which decides in which order sums are added up and so the last bits of what comes out. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The threads that ONNX Runtime takes where 0 are asked for: one for each core, however many threads a core runs at a time. */
export const resolvedThreads = (threads: number): number => (threads > 0 ? threads : coresOfThisMachine());

const processors = '/sys/devices/system/cpu';

function coresOfThisMachine(): number {
  try {
    const names = readdirSync(processors).filter((name) => /^cpu\d+$/.test(name));
    const siblings = names.map((name) => readFileSync(`${processors}/${name}/topology/core_cpus_list`, 'utf8'));
    return new Set(siblings).size || availableParallelism();
  } catch {
    // Other systems tell of what runs at a time alone.
    return availableParallelism();
  }
}
