/**
 * `npm run bench -- objective`: a training step of the tokenizer, with more and more loss terms, against the same step on the
 * same weights in PyTorch. Times are per step, the median of several; half of ours are taken before PyTorch's and half after
 * them, so that a machine that slows down or speeds up meets both.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../scripts/cli/output.js';
import { createAutoencoder, latentShape } from '../src/autoencoder/autoencoder.js';
import {
  adversarialSchema,
  engineOptionsSchema,
  modelConfigSchema,
  type ObjectiveConfig,
  objectives,
  type PresetName,
  perceptualSchema,
  presets,
} from '../src/config/config.js';
import { type Engine, selectEngine } from '../src/engine/select.js';
import { saveModel } from '../src/interop/models/save-model.js';
import { createDiscriminator } from '../src/losses/adversarial/discriminator.js';
import { createObjective } from '../src/losses/objective.js';
import { createPerceptualLoss } from '../src/losses/perceptual/perceptual-loss.js';
import { normals } from '../src/random.js';
import { createTrainingState, type TrainingState } from '../src/training/step/state.js';
import type { StepReport } from '../src/training/step/step-report.js';
import { trainingStep } from '../src/training/step/training-step.js';
import { median } from './engine/race.js';
import { saveInputs } from './engine/torch-peer.js';
import { findPython, runPython } from './python.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const threads = 2;
const emaDecay = 0.995;
const learningRate = 1e-4;
const gradientClip = 1;
const warmups = 3;

interface Step {
  readonly preset: PresetName;
  /** Side of the images, in px. */
  readonly size: number;
  readonly batch: number;
}

/** As the engine is measured, and as `train` does it by default. */
const steps: readonly Step[] = [
  { preset: 'fast-f8', size: 128, batch: 8 },
  { preset: 'kl-f8-tiny', size: 128, batch: 8 },
  { preset: 'kl-f8-tiny', size: 64, batch: 16 },
];

const perceptual = perceptualSchema.parse({});
const adversarial = adversarialSchema.parse({ startStep: 1, warmupSteps: 0 });
const workloads: Readonly<Record<string, ObjectiveConfig>> = {
  mse: objectives.mse,
  'mse + perceptual': { ...objectives.mse, perceptual },
  'mse + perceptual + adversarial': { ...objectives.mse, perceptual, adversarial },
};

/** The least speed as a share of PyTorch's: a step may take 1.1 times as long. */
const target = 1 / 1.1;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, steps: { type: 'string', default: '15' } },
  });
  const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
  const rows: BenchRow[] = [];
  for (const step of steps) {
    for (const [name, config] of Object.entries(workloads)) {
      rows.push(await compare(name, step, config, Number(values.steps), engine));
    }
  }
  printRows(rows, values.json);
}

async function compare(
  terms: string,
  step: Step,
  config: ObjectiveConfig,
  count: number,
  engine: Engine,
): Promise<BenchRow> {
  const name = `${terms}, ${step.preset}, ${step.size} px, batch ${step.batch}`;
  const folder = await mkdtemp(join(tmpdir(), 'bench-objective-'));
  try {
    const state = newState(config, step);
    const part = firstPart(state, step);
    engine.flush();
    const job = { weights: join(folder, 'weights.safetensors'), inputs: join(folder, 'inputs.safetensors') };
    await saveModel(job.weights, allParameters(state));
    await saveInputs(job.inputs, part);
    const first = await trainingStep(state, { microBatches: [part], step: 1, learningRate, gradientClip });
    const before = await measure(state, part, Math.ceil(count / 2));
    const peerMs = await torchPeer(name, {
      ...job,
      objective: config,
      config: state.model.config,
      steps: count,
      first,
    });
    const oursMs = median([...before, ...(await measure(state, part, Math.ceil(count / 2)))]);
    note(`${name}: ${oursMs.toFixed(1)} ms`);
    return benchRow({ workload: `${name}, ms`, oursMs, peer: 'PyTorch', peerMs, target });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function newState(config: ObjectiveConfig, { preset, size }: Step): TrainingState {
  // The features' values cost no time: random ones of the right size will do.
  const random = (name: string, shape: readonly number[]) => {
    const count = tf.util.sizeFromShape([...shape]);
    const fanIn = shape.length === 4 ? count / (shape[3] as number) : 100;
    return tf.tensor(
      normals(count, name).map((draw) => draw * Math.sqrt(2 / fanIn)),
      [...shape],
    );
  };
  const objective = createObjective(config, {
    perceptual: config.perceptual ? createPerceptualLoss('builtin', random) : undefined,
    discriminator: config.adversarial
      ? createDiscriminator({ ...config.adversarial, inChannels: 3 }, { seed: 0 })
      : undefined,
  });
  const modelConfig = modelConfigSchema.parse(presets[preset].model(size));
  return createTrainingState(createAutoencoder(modelConfig, { seed: 0 }), objective, { emaDecay });
}

function firstPart({ model: network }: TrainingState, { size, batch }: Step) {
  const latent = latentShape(network.config, [size, size]);
  const draw = (shape: [number, number, number], key: string) =>
    tf.tensor4d(
      normals(batch * tf.util.sizeFromShape(shape), key).map((value) => value / 3),
      [batch, ...shape],
    );
  return { images: draw([size, size, 3], 'images'), noise: draw(latent, 'noise') };
}

function allParameters({ model: network, objective }: TrainingState) {
  const groups = {
    autoencoder: network.parameters,
    features: objective.perceptual?.parameters,
    discriminator: objective.adversary?.discriminator.parameters,
  };
  return new Map(
    Object.entries(groups).flatMap(([group, parameters]) =>
      [...(parameters ?? [])].map(([name, parameter]) => [`${group}.${name}`, parameter] as const),
    ),
  );
}

/** ms of each of `count` steps, after some that warm up. */
async function measure(state: TrainingState, part: ReturnType<typeof firstPart>, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < warmups + count; done++) {
    const start = performance.now();
    await trainingStep(state, { microBatches: [part], step: 2 + done, learningRate, gradientClip });
    if (done >= warmups) times.push(performance.now() - start);
  }
  return times;
}

interface TorchJob {
  readonly weights: string;
  readonly inputs: string;
  readonly objective: ObjectiveConfig;
  readonly config: object;
  readonly steps: number;
  readonly first: StepReport;
}

/** ms per step, or null where there is no PyTorch. */
async function torchPeer(name: string, { first, ...job }: TorchJob): Promise<number | null> {
  const python = await findPython(['torch', 'safetensors']);
  if (python === null) return null;
  const answer = await runPython(python, 'objective.py', { ...job, threads, warmups, emaDecay });
  const { ms, torch, terms } = answer as { ms: number; torch: string; terms: Readonly<Record<string, number>> };
  note(`${name}: PyTorch ${torch} ${ms.toFixed(1)} ms`);
  for (const [term, theirs] of Object.entries(terms)) {
    const ours = first[term] as number;
    if (Math.abs(ours - theirs) <= 0.01 * Math.abs(theirs)) continue;
    throw new Error(`The first step's ${term} is ${ours} here and ${theirs} in PyTorch: it does another job`);
  }
  return ms;
}
