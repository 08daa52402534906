/** What the judgements come to, as tables of Markdown. */
import { randomStream } from '../../src/random.js';
import { rankCorrelation } from '../features/figures.js';
import type { Judgement } from './judge-tokenizer.js';
import { comparedTokenizers } from './tokenizers.js';

/** A row for each training. */
export function judgementTable(judgements: readonly Judgement[]): string {
  const rows = judgements.map((one) => [
    `\`${one.name}\``,
    one.seed === 0 ? changeOf(one.name) : `seed ${one.seed}`,
    one.psnrDb.toFixed(1),
    withInterval(one.reconstructions, 1),
    withInterval(one.samples, 1),
    (one.samples[0] - one.reconstructions[0]).toFixed(1),
    percent(one.precision[0]),
    percent(one.recall[0]),
  ]);
  return table(
    ['tokenizer', 'differs in', 'PSNR, dB', 'reconstructions', 'samples', 'beyond', 'precision', 'recall'],
    rows,
  );
}

/** Of those that were trained with several seeds: means, least and greatest over them. */
export function seedTable(judgements: readonly Judgement[]): string {
  const rows = comparedTokenizers.flatMap(({ name }) => {
    const all = judgements.filter((one) => one.name === name);
    if (all.length < 2) return [];
    const over = (of: (one: Judgement) => number) => {
      const values = all.map(of);
      return withInterval([mean(values), Math.min(...values), Math.max(...values)], 1);
    };
    return [[`\`${name}\``, String(all.length), over((one) => one.reconstructions[0]), over((one) => one.samples[0])]];
  });
  return table(['tokenizer', 'seeds', 'reconstructions', 'samples'], rows);
}

/** What `Judgement.measures` are called in docs/diffusion.md. */
const measureLabels = {
  midpoints: 'midpoints',
  turnError: 'error of turns',
  halfSizeError: 'error of half size',
  spectrumSlope: 'slope of the spectrum',
  totalVariation: 'total variation',
  effectiveRank: 'effective rank',
  posteriorStdShare: 'posterior std over the channel’s',
  noiseLossDb: 'dB lost to noise of 0.1 std',
  muchNoiseLossDb: 'dB lost to noise of 0.3 std',
};

/** Fewer would only tell of chance. */
const fewestTokenizers = 6;
const resamples = 2000;

/**
 * For each measure, Spearman's correlation of the tokenizers' ranks in it with their ranks by the distance of samples, means over seeds,
 * with its 95 % interval by bootstrap over tokenizers.
 */
export function rankTable(judgements: readonly Judgement[]): string {
  const candidates: Record<string, (one: Judgement) => number | undefined> = {
    PSNR: (one) => one.psnrDb,
    'distance of reconstructions': (one) => one.reconstructions[0],
    'loss of the diffusion model': (one) => one.loss,
    ...Object.fromEntries(
      Object.entries(measureLabels).map(([name, label]) => [label, (one: Judgement) => one.measures[name]]),
    ),
  };
  const rows = Object.entries(candidates).flatMap(([name, of]) => {
    const pairs = meansByTokenizer(judgements, of);
    if (pairs.length < fewestTokenizers) return [];
    const { low, high } = bootstrapCorrelation(pairs, name);
    const correlation = correlationOf(pairs);
    const verdict = low > 0 || high < 0 ? 'tells' : 'does not tell';
    return [[name, String(pairs.length), `${signed(correlation)} (${signed(low)} to ${signed(high)})`, verdict]];
  });
  return table(['measure', 'tokenizers', 'rank correlation with the distance of samples', 'at 95 %'], rows);
}

type Pair = readonly [measure: number, distance: number];

function meansByTokenizer(judgements: readonly Judgement[], of: (one: Judgement) => number | undefined): Pair[] {
  return comparedTokenizers.flatMap(({ name }) => {
    const all = judgements.filter((one) => one.name === name);
    const values = all.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? [] : [[mean(values), mean(all.map(({ samples }) => samples[0]))] as const];
  });
}

function bootstrapCorrelation(pairs: readonly Pair[], name: string): { low: number; high: number } {
  const random = randomStream('rank correlation', name);
  const drawn = Array.from({ length: resamples }, () =>
    correlationOf(pairs.map(() => pairs[random.integer(pairs.length)] as Pair)),
  )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return { low: drawn[Math.floor(0.025 * drawn.length)]!, high: drawn[Math.ceil(0.975 * drawn.length) - 1]! };
}

const correlationOf = (pairs: readonly Pair[]): number =>
  rankCorrelation(
    pairs.map(([measure]) => measure),
    pairs.map(([, distance]) => distance),
  );

const changeOf = (wanted: string): string => comparedTokenizers.find(({ name }) => name === wanted)?.change ?? '';
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const signed = (value: number): string => `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;
const withInterval = ([value, low, high]: readonly [number, number, number], digits: number): string =>
  `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
