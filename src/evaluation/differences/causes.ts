/** What each cause of blurriness is worth, from the pairs of rows that differ in it alone. */
import type { ComparisonData, ModelResult } from '../compare.js';
import type { BootstrapOptions } from '../measures/bootstrap.js';
import type { ShownMeasure } from '../measures/measure-guide.js';
import { type CrossedInterval, type FiguresBySeed, pairedDifference } from './paired-difference.js';
import { type CauseVerdict, causeVerdict, type LinkVerdict, linkVerdict } from './verdict.js';

/** The models of a row, one for each seed from 0 on, measured on the same images. */
export interface LadderRowRuns {
  readonly id: string;
  readonly runs: readonly ModelResult[];
}

/** Two rows that differ in one thing. */
export interface LadderLink {
  readonly parent: string;
  readonly child: string;
  /** Which cause the child is without; absent where the change is none of the causes. */
  readonly cause?: string | undefined;
  /** What changed, in words. */
  readonly change: string;
  /** Every setting that differs, as the two trainings have it: `klWeight 1 → 0.000001`. */
  readonly settings: readonly string[];
}

export interface Cause {
  readonly id: string;
  readonly name: string;
  readonly claim: string;
}

/** The measures that say what a change is worth; the perceptual distance only where it was measured. */
export const effectMeasures = [
  'psnrDb',
  'gradientEnergyRatio',
  'perceptualDistance',
  'blurSigmaPx',
  'fineKept',
  'fineInvented',
] as const satisfies readonly ShownMeasure[];
export type EffectMeasure = (typeof effectMeasures)[number];

export type EffectDifferences = Readonly<
  Record<Exclude<EffectMeasure, 'perceptualDistance'>, CrossedInterval> & { perceptualDistance?: CrossedInterval }
>;

export interface LinkEffect extends LadderLink {
  /** Child minus parent. */
  readonly differences: EffectDifferences;
  readonly verdict: LinkVerdict;
}

export interface CauseEffect extends Cause {
  readonly links: readonly LinkEffect[];
  readonly verdict: CauseVerdict;
}

/** All links with their paired differences. @throws Error for a link to a row that is not there */
export function linkEffects(
  rows: readonly LadderRowRuns[],
  links: readonly LadderLink[],
  bootstrap: BootstrapOptions,
): LinkEffect[] {
  const rowOf = (id: string): LadderRowRuns => {
    const row = rows.find((candidate) => candidate.id === id);
    if (!row) throw new Error(`There is no row ${id}`);
    return row;
  };
  return links.map((link) => {
    const [child, parent] = [rowOf(link.child), rowOf(link.parent)];
    const entries = effectMeasures.flatMap((measure) => {
      const [figures, parentFigures] = [figuresOf(child, measure), figuresOf(parent, measure)];
      return figures && parentFigures ? [[measure, pairedDifference(figures, parentFigures, bootstrap)]] : [];
    });
    const differences: EffectDifferences = Object.fromEntries(entries);
    return {
      ...link,
      differences,
      verdict: linkVerdict(differences.gradientEnergyRatio, differences.perceptualDistance),
    };
  });
}

/** Undefined for a measure that a run lacks. */
function figuresOf({ runs }: LadderRowRuns, measure: EffectMeasure): FiguresBySeed | undefined {
  const figures = runs.map(({ perImage }) => perImage[measure]);
  return figures.every((values) => values !== undefined) ? figures : undefined;
}

export function causeEffects(causes: readonly Cause[], effects: readonly LinkEffect[]): CauseEffect[] {
  return causes.map((cause) => {
    const links = effects.filter((effect) => effect.cause === cause.id);
    return { ...cause, links, verdict: causeVerdict(links.map(({ verdict }) => verdict)) };
  });
}

export function bootstrapOf({ protocol }: ComparisonData): BootstrapOptions {
  return { resamples: protocol.resamples, confidence: protocol.confidence, seed: protocol.seed };
}
