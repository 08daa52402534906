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
    percent(one.precision[0]),
    percent(one.recall[0]),
  ]);
  return table(['tokenizer', 'differs in', 'PSNR, dB', 'reconstructions', 'samples', 'precision', 'recall'], rows);
}

/** Fewer would only tell of chance. */
const fewestTokenizers = 6;
const resamples = 2000;

/**
 * For each measure, Spearman's correlation of the tokenizers' ranks in it with their ranks by the distance of samples, means over seeds,
 * with its 95 % interval by bootstrap over tokenizers.
 */
export function rankTable(judgements: readonly Judgement[]): string {
  const names = [...new Set(judgements.flatMap(({ measures }) => Object.keys(measures)))];
  const candidates: Record<string, (one: Judgement) => number | undefined> = {
    PSNR: (one) => one.psnrDb,
    'distance of reconstructions': (one) => one.reconstructions[0],
    'loss of the diffusion model': (one) => one.loss,
    ...Object.fromEntries(names.map((name) => [name, (one: Judgement) => one.measures[name]])),
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
