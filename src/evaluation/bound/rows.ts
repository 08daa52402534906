/** A bound as rows of a table, the same in the terminal and on the page. */
import { counted } from '../../quantities.js';
import type { Interval } from '../measures/bootstrap.js';
import type { BoundEstimate } from './bound.js';
import { bitsPerDimension, eightBitsPerDimension } from './units.js';

export interface BoundRow {
  readonly key: string;
  readonly label: string;
  readonly meaning: string;
  readonly nats: Interval;
  /** Absent where bits per value mean nothing: for the difference of two bounds and for the terms of one. */
  readonly bits?: { readonly continuous: number; readonly eightBit: number };
}

export function boundRows({ mean, importanceSamples, dimensions }: BoundEstimate): BoundRow[] {
  const most = Math.max(...importanceSamples);
  const bits = ({ mean: nats }: Interval) => ({
    continuous: bitsPerDimension(nats, dimensions),
    eightBit: eightBitsPerDimension(nats, dimensions),
  });
  return [
    {
      key: 'reconstruction',
      label: 'E log p(x|z)',
      meaning: 'how well draws of the posterior restore the image',
      nats: mean.reconstruction,
    },
    {
      key: 'kl',
      label: 'KL(q(z|x) ‖ p(z))',
      meaning: 'what the latent tells about the image, in nats; the price of telling it',
      nats: mean.kl,
    },
    {
      key: 'elbo',
      label: 'ELBO',
      meaning: 'the first minus the second: what a VAE’s training raises',
      nats: mean.elbo,
      bits: bits(mean.elbo),
    },
    ...importanceSamples.map((samples, at) => ({
      key: `importance${samples}`,
      label: `log p, ${counted(samples, 'draw')}`,
      meaning: `importance-weighted bound of k = ${samples}${samples === 1 ? ': the ELBO once more, by draws alone' : ''}`,
      nats: mean.importance[at]!,
      bits: bits(mean.importance[at]!),
    })),
    {
      key: 'gap',
      label: 'Gap',
      meaning: `the bound of ${most} draws minus the ELBO: at least what KL(q(z|x) ‖ p(z|x)) costs`,
      nats: mean.gap,
    },
    {
      key: 'prior',
      label: 'log p, from the prior',
      meaning: `naive Monte Carlo with ${most} draws of p(z): so few never hit the image, which is why an encoder is needed`,
      nats: mean.prior,
      bits: bits(mean.prior),
    },
  ];
}
