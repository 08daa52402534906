/** PyTorch as a program beside this one, which works when it is told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { note } from '../../scripts/cli/output.js';
import { saveModel } from '../../src/interop/models/save-model.js';
import { writeSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { findPython } from '../python.js';
import type { Contender, Runs, Workload } from './race.js';

/** From dist/bench/engine to bench/peers. */
const program = fileURLToPath(new URL('../../../bench/peers/engine.py', import.meta.url));

/** The same workload in PyTorch, in the faster of its memory formats; null where there is none. */
export async function torchPeer(workload: Workload, threads: number): Promise<Contender | null> {
  const python = await findPython(['torch', 'safetensors']);
  if (python === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'));
  const job = join(folder, 'job.json');
  const files = { weights: join(folder, 'weights.safetensors'), inputs: join(folder, 'inputs.safetensors') };
  await saveModel(files.weights, workload.parameters);
  await saveInputs(files.inputs, workload.inputs);
  await writeFile(job, JSON.stringify({ ...workload.job, ...files, threads }));
  const child = spawn(python, [program, job], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async () => {
    const { value, done } = await answers.next();
    if (done) throw new Error('The peer ended early: its own message stands above');
    return JSON.parse(value) as object;
  };
  const { torch, memoryFormat } = (await nextAnswer()) as { torch: string; memoryFormat: string };
  note(`PyTorch ${torch}, ${memoryFormat}`);
  return {
    async runs(count) {
      child.stdin.write(`${count}\n`);
      return (await nextAnswer()) as Runs;
    },
    async close() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function saveInputs(path: string, inputs: Workload['inputs']): Promise<void> {
  const tensors = Object.entries(inputs).map(([name, tensor]) => ({
    name,
    dtype: 'F32' as const,
    shape: tensor.shape,
    data: async () => (await tensor.data<'float32'>()) as Float32Array<ArrayBuffer>,
  }));
  await writeSafetensors(path, tensors, {});
}
