/** A program that trains for a few steps and prints what that took: training-process.js WORKLOAD. */
import { readFile } from 'node:fs/promises';
import { printJson } from '../../scripts/cli/output.js';
import { engineOptionsSchema } from '../../src/config/config.js';
import { selectEngine } from '../../src/engine/select.js';
import { steps, threads, type WorkloadName, workloads } from './workloads.js';

export interface TrainingFigures {
  readonly values: readonly number[];
  readonly ms: readonly number[];
  readonly compileMs: number;
  readonly peakMiB: number;
}

/** The most memory that this process ever had resident, as Linux counts it. */
async function peakMiB(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
const { run } = workloads[process.argv[2] as WorkloadName].prepare();
const values: number[] = [];
const ms: number[] = [];
for (let step = 0; step < steps; step++) {
  const start = performance.now();
  values.push(await run());
  ms.push(performance.now() - start);
}
const figures: TrainingFigures = { values, ms, compileMs: engine.statistics().compileMs, peakMiB: await peakMiB() };
printJson(figures);
