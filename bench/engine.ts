/**
 * `npm run bench -- engine`: training steps and encoding on this engine against the same work on the same numbers in PyTorch
 * and in other tfjs backends. Both sides take turns within one run; times are medians.
 *
 * A training step is forward, backward and Adam, without clipping or moving average.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../scripts/cli/output.js';
import { engineOptionsSchema, presets } from '../src/config/config.js';
import { selectEngine } from '../src/engine/select.js';
import { autoencoderTraining, encoding, network } from './engine/autoencoder.js';
import { type Contender, contenderOf, race, type Workload } from './engine/race.js';
import { convStack } from './engine/stack.js';
import { tfjsPeer } from './engine/tfjs-peer.js';
import { torchPeer } from './engine/torch-peer.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const threads = 2;

interface Row {
  readonly name: string;
  readonly target: number;
  /** Runs per turn, and turns of each side: short rows need many, since a neighbour's second of work is one of their turns. */
  readonly runs: number;
  readonly rounds: number;
  readonly prepare: () => Workload | Promise<Workload>;
  readonly peer: Peer;
}

interface Peer {
  readonly name: string;
  /** Null where it is not installed. */
  open(workload: Workload): Promise<Contender | null>;
}

const torch: Peer = { name: 'PyTorch', open: (workload) => torchPeer(workload, threads) };

const tensorflow: Peer = {
  name: 'tfjs-node',
  open: () =>
    tfjsPeer({ packageName: '@tensorflow/tfjs-node', variable: 'LATENT_VAE_TFJS_NODE', backend: 'tensorflow' }, () =>
      convStack({ norm: false, train: true }),
    ),
};

const wasm: Peer = {
  name: 'tfjs-backend-wasm',
  open: () =>
    tfjsPeer({ packageName: '@tensorflow/tfjs-backend-wasm', variable: 'LATENT_VAE_TFJS_WASM', backend: 'wasm' }, () =>
      convStack({ norm: false, train: false }),
    ),
};

const step = 'training step';
const stack = '6 × (conv 3×3, 64 channels, bias, ReLU), 64 px, batch 4';

const short = { runs: 8, rounds: 20 };
const long = { runs: 2, rounds: 8 };

const rows: readonly Row[] = [
  {
    name: `${stack}, ${step}`,
    target: 1,
    ...short,
    peer: torch,
    prepare: () => convStack({ norm: false, train: true }),
  },
  {
    name: `the same with GroupNorm(32) and SiLU, ${step}`,
    target: 1,
    ...short,
    peer: torch,
    prepare: () => convStack({ norm: true, train: true }),
  },
  {
    name: `AutoencoderKL 64/128/256, f4, 64 px, batch 8, ${step}`,
    target: 1,
    ...long,
    peer: torch,
    prepare: () => autoencoderTraining(network(64, 128, 256), 64),
  },
  {
    name: `AutoencoderKL 32/64/64/64, f8, 128 px, batch 8, ${step}`,
    target: 1,
    ...long,
    peer: torch,
    prepare: () => autoencoderTraining(network(32, 64, 64, 64), 128),
  },
  {
    name: `kl-f8-tiny, 128 px, batch 8, ${step}`,
    target: 0.6,
    ...long,
    peer: torch,
    prepare: () => autoencoderTraining(presets['kl-f8-tiny'].model, 128),
  },
  {
    name: `fast-f8, 128 px, batch 8, ${step}`,
    target: 1.1,
    ...long,
    peer: torch,
    prepare: () => autoencoderTraining(presets['fast-f8'].model, 128),
  },
  {
    name: 'kl-f8, 256 px, batch 1, encode through an exported model',
    target: 1.2,
    ...long,
    peer: torch,
    prepare: () => encoding('kl-f8', 256, threads),
  },
  {
    name: `${stack}, ${step}`,
    target: 1.4,
    ...short,
    peer: tensorflow,
    prepare: () => convStack({ norm: false, train: true }),
  },
  {
    name: `${stack}, forward`,
    target: 8,
    ...short,
    peer: wasm,
    prepare: () => convStack({ norm: false, train: false }),
  },
];

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
    },
  });
  const results: BenchRow[] = [];
  for (const row of rows.filter(({ name, peer }) => `${name}, ${peer.name}`.includes(values.only))) {
    results.push(await measure({ ...row, rounds: Number(values.rounds ?? row.rounds) }));
  }
  printRows(results, values.json);
}

/** On an engine of its own, so that no row inherits the memory of another. */
async function measure({ name, target, runs, rounds, prepare, peer }: Row): Promise<BenchRow> {
  const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
  const backend = tf.getBackend();
  const workload = await prepare();
  const ours = contenderOf(workload, () => tf.setBackend(backend));
  const theirs = await peer.open(workload);
  try {
    const { oursMs, peerMs } = await race(ours, theirs, { rounds, runs });
    note(`${name}: ${oursMs.toFixed(1)} ms, ${peer.name} ${peerMs?.toFixed(1) ?? 'is not here'}`);
    return benchRow({ workload: `${name}, ms`, oursMs, peer: peer.name, peerMs, target });
  } finally {
    await theirs?.close();
    await ours.close();
    engine.dispose();
  }
}
