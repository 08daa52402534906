/**
 * `npm run bench -- engine`: training steps and encoding on this engine against the same work on the same numbers in PyTorch
 * and in other tfjs backends. Both sides take turns within one run; times are medians.
 *
 * A training step is forward, backward and Adam, without clipping or moving average.
 */
import { presets } from '../src/config/config.js';
import { autoencoderTraining, encoding, network } from './engine/autoencoder.js';
import { type Peer, type Row, runRows, threads, torch } from './engine/rows.js';
import { convStack } from './engine/stack.js';
import { tfjsPeer } from './engine/tfjs-peer.js';

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

export const run = (args: readonly string[]): Promise<void> => runRows(rows, args);
